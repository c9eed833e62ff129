import { expect, test } from 'vitest';
import {
  kolmogorovTails,
  loadGen,
  lookBoundaries,
  marginsWithoutFlips,
  mcnemarP,
  provableMargins,
  votes,
} from './golden.ts';

// The tests of each function compare with these values; here the tables must hang together, so that no typing error makes a right function wrong.
const rising = (values: readonly number[]): boolean => values.every((value, i) => i === 0 || value > values[i - 1]!);

test('samples grow with the percentile and with the latencies above it', () => {
  for (const [, ...samples] of loadGen.rows) expect(rising(samples)).toBe(true);
  for (let column = 0; column <= loadGen.percentiles.length; column++)
    expect(rising(loadGen.rows.map((row) => row[column]!))).toBe(true);
});

test('margins shrink with the root of the answers and grow with the flips', () => {
  const { rows, flips } = provableMargins;
  for (const [n, ...points] of rows) {
    expect(rising(points)).toBe(true);
    // From one share of flips to the next by the root of their ratio, as far as the digits show.
    for (const [i, one] of points.entries()) {
      const half = (points: number): number => (points < 1 ? 0.005 : 0.05);
      const root = Math.sqrt(flips[i]! / flips.at(-1)!);
      expect(Math.abs(one - points.at(-1)! * root), `n ${n}`).toBeLessThan(half(one) + half(points.at(-1)!) * root);
    }
  }
  expect(rising(marginsWithoutFlips.map(([, points]) => points).toReversed())).toBe(true);
});

test('mid-p lies below the exact p; tails and boundaries fall; clearer preferences need fewer votes', () => {
  for (const [, , exact, midP] of mcnemarP) expect(midP).toBeLessThan(exact);
  expect(rising(kolmogorovTails.map(([, p]) => p).toReversed())).toBe(true);
  expect(rising(lookBoundaries.toReversed())).toBe(true);
  expect(rising(votes.map(([, n]) => n).toReversed())).toBe(true);
});
