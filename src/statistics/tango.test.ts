import { expect, test } from 'vitest';
import { tangoP, tangoZ } from './golden.ts';
import { seeded } from './random.ts';
import { tangoInterval, tangoStatistic, tangoTest } from './tango.ts';

// Checked against a numeric constrained maximum-likelihood solution.
test.each(tangoZ)('b=%i c=%i n=%i margin %f', (b, c, n, margin, expected) => {
  expect(tangoTest({ b, c, n }, margin).z).toBeCloseTo(expected, 4);
});

test('p of the first vector', () => {
  expect(tangoTest({ b: 20, c: 14, n: 872 }, 0.01).p).toBeCloseTo(tangoP, 4);
});

test('at difference 0 it is McNemar without correction', () => {
  expect(tangoStatistic({ b: 20, c: 8, n: 400 }, 0)).toBeCloseTo((8 - 20) / Math.sqrt(28), 10);
});

test('the interval contains the estimate, is wider at higher confidence, and its ends are where the test turns', () => {
  const pairs = { b: 20, c: 8, n: 400 };
  const narrow = tangoInterval(pairs, 0.9);
  const wide = tangoInterval(pairs, 0.99);
  expect(wide.low).toBeLessThan(narrow.low);
  expect(narrow.low).toBeLessThan(-0.03);
  expect(narrow.high).toBeGreaterThan(-0.03);
  expect(tangoTest(pairs, -narrow.low).p).toBeCloseTo(0.05, 6);
});

test('no discordant pair: the interval still has a width, from n alone', () => {
  const { low, high } = tangoInterval({ b: 0, c: 0, n: 277 }, 0.9);
  expect(low).toBeCloseTo(-0.0097, 3);
  expect(high).toBeCloseTo(0.0097, 3);
});

test('the error rate at the edge of the margin stays at its level', () => {
  const random = seeded(3, 'tango');
  const [n, margin, discordant] = [500, 0.02, 0.06];
  let claims = 0;
  const runs = 2000;
  for (let run = 0; run < runs; run++) {
    let b = 0;
    let c = 0;
    for (let i = 0; i < n; i++) {
      const u = random.next();
      if (u < (discordant + margin) / 2) b++;
      else if (u < discordant) c++;
    }
    if (tangoTest({ b, c, n }, margin).p < 0.05) claims++;
  }
  // 5 % plus three Monte-Carlo standard errors.
  expect(claims / runs).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs));
});

test('edges: no pairs, all discordant, and intervals that stay within −1 and 1', () => {
  expect(tangoTest({ b: 0, c: 0, n: 0 }, 0.01).p).toBe(1);
  expect(tangoInterval({ b: 0, c: 0, n: 0 }, 0.95)).toEqual({ low: -1, high: 1 });
  for (const pairs of [
    { b: 10, c: 0, n: 10 },
    { b: 0, c: 10, n: 10 },
    { b: 5, c: 5, n: 10 },
    { b: 1, c: 0, n: 1 },
  ]) {
    const { low, high } = tangoInterval(pairs, 0.95);
    expect(low).toBeGreaterThanOrEqual(-1);
    expect(high).toBeLessThanOrEqual(1);
    expect(low).toBeLessThanOrEqual((pairs.c - pairs.b) / pairs.n + 1e-9);
    expect(high).toBeGreaterThanOrEqual((pairs.c - pairs.b) / pairs.n - 1e-9);
  }
});

test('swapping the two models mirrors the interval', () => {
  const { low, high } = tangoInterval({ b: 20, c: 8, n: 400 }, 0.95);
  const mirror = tangoInterval({ b: 8, c: 20, n: 400 }, 0.95);
  expect(mirror.low).toBeCloseTo(-high, 9);
  expect(mirror.high).toBeCloseTo(-low, 9);
});
