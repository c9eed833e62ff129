import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { augmented, usualRates } from './augment.ts';
import { toyRows, toyText, toyTokens } from './testing/toy.ts';
import { collectWords } from './words.ts';

const rows = toyRows(40, 'augment', () => null);
const words = collectWords(
  Array.from({ length: 40 }, (_, row) => rows.tokens(row)!),
  toyText,
  null,
);
const some = Array.from({ length: 300 }, (_, at) => toyTokens(seeded(at, 'some')));
const nothing = { mask: 0, replace: 0, piece: 0 };
const run = (rates: typeof nothing, seed = 1): number[][] => {
  const random = seeded(seed, 'augment');
  return some.map((tokens) => augmented(tokens, toyText, words, rates, random));
};

test('without rates nothing changes', () => {
  expect(run(nothing)).toEqual(some);
});

test('special tokens stay, and so does the limit', () => {
  for (const [at, row] of run({ mask: 0.3, replace: 0.6, piece: 0.5 }).entries()) {
    expect(row[0]).toBe(2);
    expect(row.at(-1)).toBe(3);
    expect(row.filter((token) => token === 2 || token === 3)).toHaveLength(2);
    expect(row.length).toBeGreaterThanOrEqual(3);
    expect(row.length).toBeLessThanOrEqual(Math.max(toyText.maxLength, some[at]!.length));
  }
});

test('every word masked: one mask a word', () => {
  expect(augmented([2, 6, 7, 8, 3], toyText, words, { ...nothing, mask: 1 }, seeded(1, 'a'))).toEqual([2, 4, 4, 3]);
  const maskless = { ...toyText, maskToken: null };
  expect(augmented([2, 6, 8, 3], maskless, words, { ...nothing, mask: 1 }, seeded(1, 'a'))).toEqual([2, 1, 1, 3]);
  const neither = { ...maskless, unknownToken: null };
  expect(augmented([2, 6, 8, 3], neither, words, { ...nothing, mask: 1 }, seeded(1, 'a'))).toEqual([2, 6, 8, 3]);
});

test('as many words are masked as the rate says', () => {
  const masks = run({ ...nothing, mask: 0.2 })
    .flat()
    .filter((token) => token === 4).length;
  const all = run({ ...nothing, mask: 1 })
    .flat()
    .filter((token) => token === 4).length;
  expect(masks / all).toBeGreaterThan(0.15);
  expect(masks / all).toBeLessThan(0.25);
});

test('pieces are runs of one to five words', () => {
  const even = [2, 6, 8, 10, 12, 14, 16, 18, 3];
  const lengths = new Set<number>();
  for (let seed = 0; seed < 200; seed++) {
    const piece = augmented(even, toyText, words, { ...nothing, piece: 1 }, seeded(seed, 'piece')).slice(1, -1);
    lengths.add(piece.length);
    expect(even.join(' ')).toContain(piece.join(' '));
  }
  expect(lengths).toEqual(new Set([1, 2, 3, 4, 5]));
  // Two parts with a separator between stay whole.
  const two = [2, 6, 3, 8, 3];
  expect(augmented(two, toyText, words, { ...nothing, piece: 1 }, seeded(1, 'piece'))).toEqual(two);
});

test('the same stream gives the same texts, another one others', () => {
  expect(run(usualRates)).toEqual(run(usualRates));
  expect(run(usualRates, 2)).not.toEqual(run(usualRates));
});

test('rows of special tokens alone, and empty ones', () => {
  expect(augmented([2, 3], toyText, words, { mask: 1, replace: 0, piece: 1 }, seeded(1, 'x'))).toEqual([2, 3]);
  expect(augmented([], toyText, words, { mask: 1, replace: 0, piece: 1 }, seeded(1, 'x'))).toEqual([]);
});
