import { expect, test } from 'vitest';
import { correlationInterval, correlationP, kendall, kendallP, pearson, spearman } from './correlation.ts';
import { correlated } from './golden.ts';
import { seeded } from './random.ts';

const { x, y } = correlated;

test('coefficients with ties', () => {
  expect(pearson(x, y)).toBeCloseTo(correlated.pearson, 14);
  expect(spearman(x, y)).toBeCloseTo(correlated.spearman, 14);
  expect(kendall(x, y)).toBeCloseTo(correlated.kendall, 14);
});

test('their p-values and intervals', () => {
  expect(correlationP(pearson(x, y), 10)).toBeCloseTo(correlated.pearsonP, 14);
  expect(correlationP(spearman(x, y), 10)).toBeCloseTo(correlated.spearmanP, 14);
  expect(kendallP(x, y)).toBeCloseTo(correlated.kendallP, 12);
  // scipy 1.17.1, pearsonr(…).confidence_interval().
  const { low, high } = correlationInterval(pearson(x, y), 10, 0.95);
  expect(low).toBeCloseTo(0.5908889312158383, 10);
  expect(high).toBeCloseTo(0.9737816887796433, 10);
  expect(correlationInterval(0.5, 10, 0.95, 'spearman').low).toBeLessThan(correlationInterval(0.5, 10, 0.95).low);
});

test('Kendall counts the same pairs as comparing each with each', () => {
  const random = seeded(3, 'kendall');
  for (let run = 0; run < 50; run++) {
    const n = 2 + random.integer(30);
    const draw = () => Array.from({ length: n }, () => random.integer(8));
    const [a, b] = [draw(), draw()];
    let [score, alone, other] = [0, 0, 0];
    for (let i = 0; i < n; i++)
      for (let j = 0; j < i; j++) {
        score += Math.sign(a[i]! - a[j]!) * Math.sign(b[i]! - b[j]!);
        if (a[i] !== a[j]) alone++;
        if (b[i] !== b[j]) other++;
      }
    const expected = alone * other === 0 ? Number.NaN : score / Math.sqrt(alone * other);
    expect(kendall(a, b)).toBeCloseTo(expected, 12);
  }
});

test('weights are repeated pairs', () => {
  const weights = [2, 0, 1, 3, 1, 0, 1, 1, 2, 1];
  const repeat = (values: readonly number[]) => values.flatMap((value, i) => Array<number>(weights[i]!).fill(value));
  expect(pearson(x, y, weights)).toBeCloseTo(pearson(repeat(x), repeat(y)), 14);
});

test('without variation there is no coefficient, and no claim', () => {
  expect(pearson([1, 1, 1], [1, 2, 3])).toBeNaN();
  expect(spearman([1, 2, 3], [4, 4, 4])).toBeNaN();
  expect(kendall([1, 1], [1, 2])).toBeNaN();
  expect(pearson([], [])).toBeNaN();
  expect(correlationP(Number.NaN, 10)).toBe(1);
  expect(correlationP(1, 2)).toBe(1);
  expect(kendallP([1, 1, 1], [1, 2, 3])).toBe(1);
  expect(correlationInterval(Number.NaN, 10, 0.95)).toEqual({ low: -1, high: 1 });
  expect(() => pearson([1], [1, 2])).toThrow('1 and 2');
});

test('large means cost no digits', () => {
  const far = x.map((value) => value + 1e9);
  expect(pearson(far, y)).toBeCloseTo(pearson(x, y), 8);
});
