import { expect, test } from 'vitest';
import { mcnemarP, shares } from './golden.ts';
import { clopperPearson, mcnemar, newcombe, wilson } from './proportions.ts';

test.each(mcnemarP)('McNemar b=%i c=%i', (b, c, exact, midP, corrected) => {
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
  const { successes, n, ...expected } = shares.one;
  for (const [kind, ends] of Object.entries(expected)) {
    const { low, high } = (kind === 'wilson' ? wilson : clopperPearson)(successes, n, 0.95);
    expect(low).toBeCloseTo(ends[0]!, 4);
    expect(high).toBeCloseTo(ends[1]!, 4);
  }
  // 0 of 20.
  expect(wilson(0, 20, 0.95)).toEqual({ low: 0, high: expect.closeTo(0.1611, 4) });
  expect(clopperPearson(0, 20, 0.95).high).toBeCloseTo(0.1684, 4);
  expect(wilson(0, 0, 0.95)).toEqual({ low: 0, high: 1 });
});

test('difference of separate shares against published values', () => {
  const { a, b, newcombe: expected } = shares.two;
  const { value, low, high } = newcombe(a, b, 0.95);
  expect(value).toBeCloseTo(0.2, 12);
  expect(low).toBeCloseTo(expected[0], 4);
  expect(high).toBeCloseTo(expected[1], 4);
  // Newcombe 1998, Table II, method 10: 10 of 10 against 0 of 20.
  expect(newcombe({ successes: 10, n: 10 }, { successes: 0, n: 20 }, 0.95).low).toBeCloseTo(0.6791, 4);
  expect(newcombe({ successes: 0, n: 0 }, { successes: 1, n: 2 }, 0.95)).toMatchObject({ low: -1, high: 1 });
});
