import { expect, test } from 'vitest';
import { seeded } from './random.ts';
import { riskBound, riskP, riskThreshold, rowsForRisk, type Gamble } from './risk.ts';

test('counts of losses: the exact binomial tail', () => {
  // 0 of 299 at 1 %: 0.99^299 = 0.0495.
  expect(riskP(0, 299, 0.01, true)).toBeCloseTo(0.99 ** 299, 10);
  expect(riskP(1 / 100, 100, 0.05, true)).toBeCloseTo(0.95 ** 100 + 100 * 0.05 * 0.95 ** 99, 10);
  expect(riskP(0, 0, 0.05, true)).toBe(1);
});

test('other losses: the smaller of Hoeffding and Bentkus', () => {
  // Hoeffding: exp(−200·(0.05·ln(0.05/0.1) + 0.95·ln(0.95/0.9))) = exp(−200·0.016706…).
  const hoeffding = Math.exp(-200 * (0.05 * Math.log(0.5) + 0.95 * Math.log(0.95 / 0.9)));
  expect(riskP(0.05, 200, 0.1, false)).toBeLessThanOrEqual(hoeffding);
  expect(riskP(0.05, 200, 0.1, false)).toBeGreaterThan(riskP(0.05, 200, 0.1, true));
  // Hoeffding at zero loss is (1 − α)^n, the exact tail.
  expect(riskP(0, 50, 0.1, false)).toBeCloseTo(0.9 ** 50, 10);
  expect(riskP(0.2, 50, 0.1, false)).toBe(1);
});

test('the bound is where the test turns', () => {
  for (const whole of [true, false]) {
    const bound = riskBound(0.04, 250, 0.9, whole);
    expect(riskP(0.04, 250, bound + 1e-6, whole)).toBeLessThanOrEqual(0.1);
    expect(riskP(0.04, 250, bound - 1e-6, whole)).toBeGreaterThan(0.1);
  }
  expect(riskBound(0, 299, 0.95, true)).toBeLessThan(0.01);
  expect(riskBound(0, 0, 0.95, true)).toBe(1);
});

test('the fewest rows for a risk', () => {
  expect(rowsForRisk(0.01, 0.95)).toBe(299);
  expect(rowsForRisk(0.05, 0.95)).toBe(59);
  expect(riskP(0, 299, 0.01, true)).toBeLessThanOrEqual(0.05);
  expect(riskP(0, 298, 0.01, true)).toBeGreaterThan(0.05);
});

test('stops in front of the first row that is too much', () => {
  // 100 sure rows without loss, then losses.
  const rows = Array.from({ length: 200 }, (_, i) => ({ sureness: 1 - i / 200, loss: i < 150 ? 0 : 1 }));
  const found = riskThreshold(rows, 0.05, 0.9)!;
  const losses = found.kept - 150;
  expect(riskP(losses / 200, 200, 0.05, true)).toBeLessThanOrEqual(0.1);
  expect(riskP((losses + 1) / 200, 200, 0.05, true)).toBeGreaterThan(0.1);
  expect(found.threshold).toBeLessThan(rows[found.kept - 1]!.sureness);
  expect(found.threshold).toBeGreaterThan(rows[found.kept]!.sureness);
  expect(found.bound).toBeLessThanOrEqual(0.05);
  // What comes behind a failure is not reached, however good.
  const gap = Array.from({ length: 200 }, (_, i) => ({ sureness: 1 - i / 200, loss: i >= 50 && i < 80 ? 1 : 0 }));
  expect(riskThreshold(gap, 0.05, 0.9)!.kept).toBeLessThan(60);
});

test('ties stay together, NaN is never kept, too few rows show nothing', () => {
  const tied = Array.from({ length: 100 }, (_, i) => ({ sureness: i < 50 ? 0.9 : 0.5, loss: i < 98 ? 0 : 1 }));
  expect(riskThreshold(tied, 0.05, 0.9)!.kept).toBe(50);
  const strange = Array.from({ length: 100 }, (_, i) => ({ sureness: i < 40 ? Number.NaN : 0.5, loss: 0 }));
  expect(riskThreshold(strange, 0.05, 0.9)).toMatchObject({ kept: 60, threshold: 0.5 });
  expect(riskThreshold(strange.slice(0, 10), 0.05, 0.9)).toBeNull();
  expect(riskThreshold([], 0.05, 0.9)).toBeNull();
  expect(riskThreshold(strange.slice(0, 40), 0.05, 0.9)).toBeNull();
});

test('holds its promise: the true risk is above the stated one no more often than said', () => {
  // Sureness uniform, P(loss | sureness s) = (1 − s)²: the true risk of threshold t is ∫ₜ¹ (1 − s)² ds = (1 − t)³ / 3.
  const random = seeded(1, 'risk');
  let broken = 0;
  const rounds = 400;
  for (let round = 0; round < rounds; round++) {
    const rows: Gamble[] = Array.from({ length: 200 }, () => {
      const sureness = random.next();
      return { sureness, loss: random.next() < (1 - sureness) ** 2 ? 1 : 0 };
    });
    const found = riskThreshold(rows, 0.05, 0.9);
    if (found !== null && (1 - found.threshold) ** 3 / 3 > 0.05) broken++;
  }
  // 10 % of 400, and three standard errors.
  expect(broken / rounds).toBeLessThan(0.145);
  expect(broken).toBeGreaterThan(0);
});
