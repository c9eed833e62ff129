import fc from 'fast-check';
import { expect, test } from 'vitest';
import { longestFirst } from './truncate.ts';

test.each([
  [12, 12, 9, [4, 5]],
  [12, 2, 7, [5, 2]],
  [2, 12, 7, [2, 5]],
  [3, 3, 6, [3, 3]],
  [0, 12, 5, [0, 5]],
  [20, 30, 5, [2, 3]],
  [30, 20, 5, [3, 2]],
])('%i and %i tokens in %i places: %j', (first, second, room, kept) => {
  expect(longestFirst(first, second, room)).toEqual(kept);
});

test('always fits, never grows, and leaves no place unused that a token could take', () => {
  const size = fc.integer({ min: 0, max: 500 });
  fc.assert(
    fc.property(size, size, fc.integer({ min: 2, max: 300 }), (first, second, room) => {
      const [a, b] = longestFirst(first, second, room);
      expect(a).toBeLessThanOrEqual(first);
      expect(b).toBeLessThanOrEqual(second);
      expect(a + b).toBe(Math.min(room, first + second));
    }),
    { seed: 3 },
  );
});
