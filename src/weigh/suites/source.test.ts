import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSuite } from './source.ts';
import { folder, put } from './testing/files.ts';

const sst2 = async (): Promise<string> => {
  const at = await folder();
  const rows = Array.from({ length: 30 }, (_, row) => `text ${row}\t${row % 2}\n`);
  await put(join(at, 'dev.tsv'), `sentence\tlabel\n${rows.join('')}`);
  return at;
};

test('labels by name, in the model’s spelling', async () => {
  const base = await sst2();
  const { examples, rows, path, warnings, digest } = await readSuite({ suite: 'glue/sst2', path: 'dev.tsv' }, base, {
    labels: ['NEGATIVE', 'POSITIVE'],
  });
  expect(examples.slice(0, 2)).toEqual([
    { id: '0', text: 'text 0', label: 'NEGATIVE', groups: {} },
    { id: '1', text: 'text 1', label: 'POSITIVE', groups: {} },
  ]);
  expect([rows, path]).toEqual([30, join(base, 'dev.tsv')]);
  expect(warnings).toEqual(['glue/sst2: 30 rows; the validation split of glue/sst2 has 872']);
  expect(digest).toMatch(/^sha256:/);
  const other = await readSuite({ suite: 'glue/sst2', path: 'dev.tsv' }, base, { labels: ['bad', 'good'] });
  expect(other.examples[0]!.label).toBe('negative');
});

test('a limit takes rows by seed, whatever their order', async () => {
  const base = await sst2();
  const read = (seed: number) => readSuite({ suite: 'glue/sst2', path: 'dev.tsv', limit: 10 }, base, { seed });
  const once = await read(1);
  expect(once.examples).toHaveLength(10);
  expect((await read(1)).examples).toEqual(once.examples);
  expect((await read(2)).examples).not.toEqual(once.examples);
});

test('a limit leaves rows that belong together together', async () => {
  const base = await folder();
  const rows = Array.from({ length: 20 }, (_, at) => ({
    premise: `p ${at}`,
    hypothesis: `h ${Math.floor(at / 2)}`,
    label: 'entailment',
    idx: at,
  }));
  await put(join(base, 'AX-g.jsonl'), rows);
  const { examples } = await readSuite({ suite: 'superglue/axg', path: 'AX-g.jsonl', limit: 7 }, base);
  expect(examples).toHaveLength(6);
  const pairs = examples.map(({ groups }) => groups['pair']);
  expect(new Set(pairs).size).toBe(3);
});

test('a whole benchmark, and tasks for other models, are refused', async () => {
  await expect(readSuite({ suite: 'glue', path: 'x' }, '.')).rejects.toMatchObject({ code: 'score/task' });
  const base = await folder();
  await put(join(base, 'val.jsonl'), [
    { premise: 'p', choice1: 'a', choice2: 'b', question: 'cause', label: 0, idx: 0 },
  ]);
  await expect(readSuite({ suite: 'superglue/copa', path: 'val.jsonl' }, base)).rejects.toMatchObject({
    code: 'score/no-text',
  });
});
