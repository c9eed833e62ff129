import { expect, test } from 'vitest';
import {
  attemptAt,
  beginAt,
  dataAt,
  emitAt,
  fitAt,
  givenAt,
  globals,
  scalesAt,
  values,
  weights,
  zerosAt,
} from './four-memory.ts';

test('the longest block and one value more fit before the weights, those before the answers, and all before the caller’s part', () => {
  const longest = 256;
  expect(weights - values).toBeGreaterThanOrEqual((longest + 1) * 16);
  expect(scalesAt - weights).toBeGreaterThanOrEqual((longest + 1) * 16);
  expect(zerosAt - scalesAt).toBe(16);
  expect(givenAt - zerosAt).toBeGreaterThanOrEqual(16);
  expect(dataAt - givenAt).toBeGreaterThanOrEqual(longest * 4);
  expect([beginAt, attemptAt, fitAt, emitAt]).toEqual([0, 1, 2, 3]);
  expect(globals).toBe(10);
});
