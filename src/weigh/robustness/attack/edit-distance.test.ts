import { expect, test } from 'vitest';
import { seeded } from '../../../statistics/index.ts';
import { editDistance, textDistance } from './edit-distance.ts';

test.each([
  ['kitten', 'sitting', 3],
  ['', 'abc', 3],
  ['flaw', 'lawn', 2],
  ['same', 'same', 0],
  ['naïve', 'naive', 1],
  ['😀a', 'a', 1],
])('%s → %s is %i', (a, b, distance) => {
  expect(editDistance(a, b, 10)).toBe(distance);
  expect(editDistance(b, a, 10)).toBe(distance);
});

/** The whole table. */
const plain = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
};

test('the band finds what the whole table finds, or says that it is farther', () => {
  const random = seeded(1, 'distance');
  const word = (): string => Array.from({ length: random.integer(12) }, () => 'abc'[random.integer(3)]).join('');
  for (let round = 0; round < 2000; round++) {
    const [a, b, most] = [word(), word(), random.integer(8)];
    expect(editDistance(a, b, most), `${a} ${b} ${most}`).toBe(Math.min(plain(a, b), most + 1));
  }
});

test('the distance of a pair is over both texts', () => {
  expect(textDistance({ text: 'ab', pair: 'cd' }, { text: 'ax', pair: 'xd' }, 30)).toBe(2);
  expect(textDistance({ text: 'abc', pair: 'def' }, { text: 'xyz', pair: 'xyz' }, 4)).toBe(5);
});
