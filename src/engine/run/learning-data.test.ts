import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Example, Task } from '../../contracts/index.ts';
import { learningOf } from './learning.ts';
import { calibrationFrom, loadLearning, usualTexts } from './learning-data.ts';

const folder = mkdtempSync(join(tmpdir(), 'steelyard-learning-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const task: Task = {
  id: 'text-classification',
  labels: ['yes', 'no'],
  fingerprint: 'words',
  output: 'logits',
  encode: (examples) => ({
    feeds: { x: { dtype: 'string', dims: [examples.length], data: examples.map(({ text }) => text!) } },
    truncated: 0,
    tokens: 0,
  }),
  decode: () => new Float32Array(0),
};
const columns = { text: 'text', label: 'label', groups: [] };
const file = (name: string, rows: readonly object[]) => {
  writeFileSync(join(folder, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return { path: name, columns };
};
const rows = (count: number, word: string) =>
  Array.from({ length: count }, (_, i) => ({ text: `${word} ${i}`, label: i % 2 === 0 ? 'yes' : 'no' }));
const example = (text: string): Example => ({ id: text, text, label: 'yes', groups: {} });

test('a tenth of the training data is for stopping; rows that versions are weighed on are left out and counted', async () => {
  const train = file('train.jsonl', rows(100, 'row'));
  const found = (await loadLearning({ data: { train }, seed: 1 }, folder, task, [
    [example('row 3'), example('ROW 4')],
  ]))!;
  expect(found.train.examples.length + found.validation.examples.length).toBe(98);
  expect(found.validation.examples).toHaveLength(10);
  expect(found.warnings.join()).toContain('2 rows of the training data are left out');
  expect(calibrationFrom(found, 1).examples).toHaveLength(88);
  expect(await loadLearning({ data: {}, seed: 1 }, folder, task, [])).toBeNull();
});

test('what is usual: all training rows, and the calibration rows that are not among them', () => {
  const split = (name: string, texts: readonly string[]) => ({ name, digest: name, examples: texts.map(example) });
  const learning = { train: split('train', ['a', 'b']), validation: split('validation', ['c']), warnings: [] };
  const both = usualTexts(learning, [example('b'), example('d')]);
  expect(both.reference.map(({ text }) => text)).toEqual(['a', 'b', 'c', 'd']);
  expect(both.referenceFrom).toBe('3 training rows and 1 calibration rows');
  expect(usualTexts(learning, [example('a')]).referenceFrom).toBe('3 training rows');
  expect(usualTexts(null, [example('a'), example('b')])).toMatchObject({ referenceFrom: '2 calibration rows' });
  expect(usualTexts(null, [])).toEqual({ reference: [] });
});

test('validation data of its own shares nothing with the training data; labels may be missing, not wrong', async () => {
  const train = file('some.jsonl', [...rows(4, 'row'), { text: 'unlabelled' }]);
  const validation = file('validation.jsonl', rows(2, 'row'));
  const found = (await loadLearning({ data: { train, validation }, seed: 1 }, folder, task, []))!;
  expect(found.train.examples.map(({ text }) => text)).toEqual(['row 2', 'row 3', 'unlabelled']);
  const learning = learningOf(task, found.train, found.validation)!;
  expect([0, 1, 2].map((row) => learning.train.label(row))).toEqual([0, 1, null]);
  expect(learning.train.feeds([2, 0])['x']!.data).toEqual(['unlabelled', 'row 2']);
  expect(learning).toMatchObject({ labels: ['yes', 'no'], output: 'logits', text: null });
  expect(learning.digest).toMatch(/^sha256:/);
  const wrong = file('wrong.jsonl', [{ text: 'a', label: 'maybe' }]);
  await expect(loadLearning({ data: { train: wrong }, seed: 1 }, folder, task, [])).rejects.toMatchObject({
    code: 'task/labels',
  });
});
