import { expect, test } from 'vitest';
import { clopperPearson, mcnemar, newcombe, wilson } from './proportions.ts';

test.each([
  [20, 8, 0.035698, 0.02412, 0.037635],
  [12, 3, 0.035156, 0.021271, 0.038867],
])('McNemar b=%i c=%i', (b, c, exact, midP, corrected) => {
  const p = mcnemar(b, c);
  expect(p.exact).toBeCloseTo(exact, 6);
  expect(p.midP).toBeCloseTo(midP, 6);
  expect(p.corrected).toBeCloseTo(corrected, 6);
});

test('McNemar of equal and of no discordant pairs claims nothing', () => {
  expect(mcnemar(5, 5).exact).toBe(1);
  expect(mcnemar(0, 0)).toEqual({ exact: 1, midP: 1, corrected: 1 });
});

test('Wilson and Clopper–Pearson against published values', () => {
  // Newcombe 1998, Table I: 81 of 263, 95 %.
  expect(wilson(81, 263, 0.95).low).toBeCloseTo(0.2553, 4);
  expect(wilson(81, 263, 0.95).high).toBeCloseTo(0.3662, 4);
  expect(clopperPearson(81, 263, 0.95).low).toBeCloseTo(0.2527, 4);
  expect(clopperPearson(81, 263, 0.95).high).toBeCloseTo(0.3676, 4);
  // 0 of 20.
  expect(wilson(0, 20, 0.95)).toEqual({ low: 0, high: expect.closeTo(0.1611, 4) });
  expect(clopperPearson(0, 20, 0.95).high).toBeCloseTo(0.1684, 4);
  expect(wilson(0, 0, 0.95)).toEqual({ low: 0, high: 1 });
});

test('difference of separate shares against published values', () => {
  // Newcombe 1998, Table II, method 10: 56 of 70 against 48 of 80; 10 of 10 against 0 of 20.
  const { value, low, high } = newcombe({ successes: 56, n: 70 }, { successes: 48, n: 80 }, 0.95);
  expect(value).toBeCloseTo(0.2, 12);
  expect(low).toBeCloseTo(0.0524, 4);
  expect(high).toBeCloseTo(0.3339, 4);
  expect(newcombe({ successes: 10, n: 10 }, { successes: 0, n: 20 }, 0.95).low).toBeCloseTo(0.6791, 4);
  expect(newcombe({ successes: 0, n: 0 }, { successes: 1, n: 2 }, 0.95)).toMatchObject({ low: -1, high: 1 });
});
