import { expect, test } from 'vitest';
import { firstLooks } from './first-looks.ts';

test('a short search begins with few looks, and with one at least', () => {
  expect([0, 3, 15, 36, 336].map(firstLooks)).toEqual([1, 1, 1, 2, 22]);
});
