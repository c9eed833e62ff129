import { expect, test } from 'vitest';
import { tooFew, type Example } from '../../contracts/index.ts';
import { slicesOf } from './slices.ts';

const examples: Example[] = Array.from({ length: 200 }, (_, at) => ({
  id: String(at),
  text: 't',
  label: 'a',
  groups: { style: at < 120 ? 'casual' : at < 175 ? 'formal' : 'learner', customer: String(at) },
}));
const all = [...examples.keys()];

test('gives groups of 30 and more, the largest first, and names the others', () => {
  const { slices, refused } = slicesOf(examples, ['style'], all);
  expect(slices.map(({ name, rows }) => [name, rows.length])).toEqual([
    ['style=casual', 120],
    ['style=formal', 55],
  ]);
  expect(refused).toEqual([tooFew('style=learner', 25)]);
});

test('refuses a column with a value for every row, and counts only the given rows', () => {
  expect(slicesOf(examples, ['customer'], all).remarks).toEqual([
    '"customer" has 200 values: too many to report one by one',
  ]);
  expect(slicesOf(examples, ['style'], all.slice(0, 29)).slices).toEqual([]);
});
