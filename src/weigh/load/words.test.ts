import { expect, test } from 'vitest';
import { speedWords } from './words.ts';

test.each([
  [0.5, 0.6, 'faster'],
  [0.97, 0.985, 'faster'],
  [0.97, 0.995, 'no difference detected'],
  [0.995, 1.005, 'within noise'],
  [0.9, 1.1, 'no difference detected'],
  [1.002, 1.03, 'no difference detected'],
  [1.02, 1.03, 'slower'],
] as const)('[%d, %d] is %s', (low, high, words) => {
  expect(speedWords({ low, high })).toBe(words);
});

test('without noise only an interval around 1 shows nothing', () => {
  expect(speedWords({ low: 1.001, high: 1.002 }, 0)).toBe('slower');
  expect(speedWords({ low: 0.999, high: 1.001 }, 0)).toBe('no difference detected');
});
