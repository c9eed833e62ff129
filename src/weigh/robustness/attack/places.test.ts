import { expect, test } from 'vitest';
import { mostChanges, placesOf } from './places.ts';
import { split } from './text.ts';

test('leaves stop words and short words alone', () => {
  const parts = split({ text: 'The cat is really happy' });
  expect(placesOf(parts, {}, 'recipe')).toEqual([1, 3, 4]);
  expect(placesOf(parts, { leastLetters: 4 }, 'recipe')).toEqual([3, 4]);
  expect(placesOf(split({ text: 'it is not the' }), {}, 'recipe')).toEqual([]);
});

test('of pairs, changes what is asked: by the recipe, both, one', () => {
  const parts = split({ text: 'cats sleep', pair: 'dogs bark' });
  expect(placesOf(parts, {}, 'recipe')).toEqual([0, 1, 2, 3]);
  expect(placesOf(parts, { pairOnly: true }, 'recipe')).toEqual([2, 3]);
  expect(placesOf(parts, { pairOnly: true }, 'both')).toEqual([0, 1, 2, 3]);
  expect(placesOf(parts, {}, 'pair')).toEqual([2, 3]);
  expect(placesOf(parts, {}, 'text')).toEqual([0, 1]);
});

test('a recipe for the second text changes nothing where that has no words, and single texts as they are', () => {
  expect(placesOf(split({ text: 'cats sleep', pair: '' }), { pairOnly: true }, 'recipe')).toEqual([]);
  expect(placesOf(split({ text: 'cats sleep' }), { pairOnly: true }, 'recipe')).toEqual([0, 1]);
  expect(placesOf(split({ text: 'cats sleep' }), {}, 'pair')).toEqual([0, 1]);
});

test.each([
  [10, {}, 1, 10],
  [10, { mostWords: 2 }, 1, 2],
  [10, { mostShare: 0.3 }, 1, 3],
  [10, { mostShare: 0.3 }, 0.2, 2],
  [3, { mostShare: 0.1 }, 1, 1],
  [0, {}, 1, 0],
])('of %i words with %o and a share of %d, %i may change', (count, limits, share, most) => {
  expect(mostChanges(count, limits, share)).toBe(most);
});
