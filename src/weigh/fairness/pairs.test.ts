import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Example } from '../../contracts/index.ts';
import { sharedOrSkip } from '../../testing/shared.ts';
import { pairsIn } from './pairs.ts';

const row = (id: string, label: string | null, pair?: string): Example => ({
  id,
  text: id,
  label,
  groups: pair === undefined ? {} : { pair },
});

test('rows with the same value are a pair; other numbers of them are left out and counted', () => {
  const rows = [
    row('a', 'x', '1'),
    row('b', 'x', '1'),
    row('c', 'x', '2'),
    row('d', 'y', '2'),
    row('e', null, '3'),
    row('f', 'y', '3'),
    row('g', 'x', 'alone'),
    ...['h', 'i', 'j'].map((id) => row(id, 'x', 'three')),
    row('k', 'x'),
  ];
  expect(pairsIn(rows, ['pair'], 'pair')).toEqual({
    pairs: [
      { id: '1', rows: [0, 1], kind: 'same' },
      { id: '2', rows: [2, 3], kind: 'different' },
      { id: '3', rows: [4, 5], kind: 'unknown' },
    ],
    odd: 2,
  });
});

test('a column that the data does not have', () => {
  expect(() => pairsIn([row('a', 'x', '1')], ['style'], 'pair')).toThrowError(
    expect.objectContaining({ code: 'fairness/pair-column', hint: expect.stringContaining('there: style') as string }),
  );
});

const real = sharedOrSkip('counterfactual-imdb', 'data', 'counterfactual-imdb');
test.skipIf(real === null)('real: every pair of the human-edited reviews turns the right answer around', () => {
  const lines = readFileSync(join(real!, 'combined', 'paired', 'dev_paired.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1);
  const examples = lines.map((line, at): Example => {
    const fields = line.trimEnd().split('\t');
    return { id: String(at), text: fields[1]!, label: fields[0]!, groups: { batch: fields.at(-1)! } };
  });
  const { pairs, odd } = pairsIn(examples, ['batch'], 'batch');
  expect([pairs.length, odd]).toEqual([245, 0]);
  expect(pairs.every(({ kind }) => kind === 'different')).toBe(true);
});
