import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fewOf, formatOf, readFields, readJson, rowsOf } from './rows.ts';
import { folder, put } from './testing/files.ts';

const all = async <T>(rows: AsyncIterable<T>): Promise<T[]> => {
  const read: T[] = [];
  for await (const row of rows) read.push(row);
  return read;
};

test('the format is seen from the file', async () => {
  const at = await folder();
  expect(await formatOf(await put(join(at, 'a.jsonl'), [{ idx: 0 }]))).toBe('jsonl');
  expect(await formatOf(await put(join(at, 'a.tsv'), 'index\tprediction\n'))).toBe('tsv');
  expect(await formatOf(await put(join(at, 'lists.json'), '{"sst2": [0, 1], "rte": []}'))).toBe('json');
  expect(await formatOf(await put(join(at, 'pretty.json'), '{\n  "sst2": [0]\n}'))).toBe('json');
  expect(
    await formatOf(
      await put(join(at, 'rows.json'), [
        { idx: 0, label: 1 },
        { idx: 1, label: 0 },
      ]),
    ),
  ).toBe('jsonl');
  await expect(formatOf(join(at, 'absent.json'))).rejects.toMatchObject({ code: 'data/missing' });
});

test('quotes in a tab-separated file mean nothing', async () => {
  const at = await folder();
  const path = await put(join(at, 'a.tsv'), 'sentence\tlabel\n"open quote\t1\nsays "no" \t0\n');
  expect(await all(rowsOf(path, 'tsv'))).toEqual([
    { sentence: '"open quote', label: '1' },
    { sentence: 'says "no" ', label: '0' },
  ]);
  expect(await all(readFields(path))).toHaveLength(3);
});

test('NaN as Python writes it is said to be no answer', async () => {
  const path = await put(join(await folder(), 'a.jsonl'), '{"idx": 0, "prediction": NaN}\n');
  await expect(all(rowsOf(path, 'jsonl'))).rejects.toMatchObject({ code: 'score/not-finite' });
  const broken = await put(join(await folder(), 'b.jsonl'), '{"idx": 0, "prediction": \n');
  await expect(all(rowsOf(broken, 'jsonl'))).rejects.toMatchObject({ code: 'data/row' });
});

test('a row with other fields than the header is refused', async () => {
  const path = await put(join(await folder(), 'a.tsv'), 'index\tprediction\n0\n');
  await expect(all(rowsOf(path, 'tsv'))).rejects.toMatchObject({ code: 'data/row' });
});

test('a document that is no JSON is refused', async () => {
  const path = await put(join(await folder(), 'a.json'), '{"sst2": [0');
  await expect(readJson(path)).rejects.toMatchObject({ code: 'data/row' });
});

test('a few are named', () => {
  expect(fewOf([1, 2])).toBe('1, 2');
  expect(fewOf([1, 2, 3, 4, 5, 6, 7])).toBe('1, 2, 3, 4, 5 and 2 more');
});
