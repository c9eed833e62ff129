import { expect, test } from 'vitest';
import { Pairs } from './pairs.ts';

test('counts neighbors by how often their words occur, and keeps the counts as pieces merge', () => {
  const words = [
    ['a', 'a', 'a', 'b'],
    ['a', 'b'],
    ['c', 'd'],
  ];
  const pairs = new Pairs(words, [1, 3, 4], (left, right) => left + right);
  // a b occurs 1 + 3 times, c d 4 times: the first in code unit order goes first.
  expect(pairs.best()).toMatchObject({ parts: ['a', 'b'], count: 4 });
  pairs.merge(pairs.best()!);
  expect(words).toEqual([['a', 'a', 'ab'], ['ab'], ['c', 'd']]);
  pairs.merge(pairs.best()!);
  expect(words[2]).toEqual(['cd']);
  expect(pairs.best()).toMatchObject({ parts: ['a', 'a'], count: 1 });
  pairs.merge(pairs.best()!);
  pairs.merge(pairs.best()!);
  expect(words).toEqual([['aaab'], ['ab'], ['cd']]);
  expect(pairs.best()).toBeNull();
});

test('a piece beside itself merges from the left', () => {
  const words = [['a', 'a', 'a']];
  const pairs = new Pairs(words, [1], (left, right) => left + right);
  pairs.merge(pairs.best()!);
  expect(words).toEqual([['aa', 'a']]);
});
