import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { toyText } from './testing/toy.ts';
import { collectWords, wordsOf } from './words.ts';

test('words are runs of tokens, special ones stand alone', () => {
  expect(wordsOf([2, 6, 7, 9, 8, 4, 11, 3], toyText)).toEqual([
    { word: [2], special: true },
    { word: [6, 7, 9], special: false },
    { word: [8], special: false },
    { word: [4], special: true },
    // A continuation right behind a special token begins a word of its own.
    { word: [11], special: false },
    { word: [3], special: true },
  ]);
});

const rows = [
  [2, 6, 8, 10, 3],
  [2, 6, 8, 3],
  [2, 6, 12, 3],
];

test('without vectors a word is drawn as often as it occurs', () => {
  const words = collectWords(rows, toyText, null);
  expect(words.count).toBe(4);
  const random = seeded(1, 'draw');
  const counts = new Map<number, number>();
  for (let i = 0; i < 7000; i++) {
    const [token] = words.other([8], random.next())!;
    counts.set(token!, (counts.get(token!) ?? 0) + 1);
  }
  for (const [token, expected] of [
    [6, 3000],
    [8, 2000],
    [10, 1000],
    [12, 1000],
  ] as const)
    expect(Math.abs(counts.get(token)! - expected)).toBeLessThan(200);
  expect(words.other([8], 0.999999)).not.toBeNull();
});

test('with vectors the nearest ones stand in, never the word itself', () => {
  // 6 and 8 point one way, 10 and 12 the other.
  const values = new Float32Array(40 * 2);
  for (const [token, x, y] of [
    [6, 1, 0.1],
    [8, 1, 0.2],
    [10, -1, 0.1],
    [12, -1, -0.1],
  ] as const)
    values.set([x, y], token * 2);
  const words = collectWords(rows, toyText, { values, rows: 40, columns: 2 });
  expect(words.other([6], 0)).toEqual([8]);
  expect(words.other([10], 0)).toEqual([12]);
  const all = Array.from({ length: 30 }, (_, i) => words.other([6], i / 30)!.join(' '));
  expect(new Set(all)).toEqual(new Set(['8', '10', '12']));
});

test('a single word has no other', () => {
  expect(collectWords([[2, 6, 3]], toyText, null).other([6], 0.5)).toBeNull();
  expect(collectWords([], toyText, null).other([6], 0.5)).toBeNull();
});
