import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readSource } from './read-source.ts';

const task = { id: 'text-classification', labels: ['NEGATIVE', 'POSITIVE'] } as const;

test('a benchmark’s file needs no column map, and its labels are spelled as the model spells them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-source-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'dev.tsv'), 'sentence\tlabel\nwhat a fine day\t1\nwhat a poor meal\t0\n');
  const suite = { suite: 'glue/sst2', path: 'dev.tsv', columns: { groups: [] } };
  const { examples } = await readSource(suite, folder, task, { seed: 1 });
  expect(examples.map(({ text, label }) => [text, label])).toEqual([
    ['what a fine day', 'POSITIVE'],
    ['what a poor meal', 'NEGATIVE'],
  ]);
  const columns = { text: 'sentence', label: 'label', groups: [] };
  const plain = await readSource({ path: 'dev.tsv', columns }, folder, task, { seed: 1 });
  expect(plain.examples[0]).toMatchObject({ text: 'what a fine day', label: '1' });
  await expect(readSource({ ...suite, suite: 'glue/sst3' }, folder, task, { seed: 1 })).rejects.toMatchObject({
    code: 'score/task',
  });
});
