import { describe, expect, test } from 'vitest';
import { kolmogorovOne, mean, seeded } from '../../../statistics/index.ts';
import { constantArrivals, gammaArrivals, gammaVariate, poissonArrivals, type Extent } from './arrivals.ts';

const extent: Extent = { minMs: 20_000, minCount: 1, maxMs: 1e9, maxCount: 1e6 };
const gaps = (times: Float64Array): number[] => Array.from(times, (at, i) => at - (i === 0 ? 0 : times[i - 1]!));
const moments = (values: readonly number[]): { mean: number; variance: number } => {
  const center = mean(values);
  return { mean: center, variance: mean(values.map((value) => (value - center) ** 2)) };
};

describe('Poisson', () => {
  test('gaps are exponential by a Kolmogorov–Smirnov test, and another rate is found out', () => {
    const rate = 250;
    const found = gaps(poissonArrivals(rate, extent, seeded(1, 'arrivals')));
    expect(found.length).toBeGreaterThan(4_700);
    const exponential = (perSecond: number) => (ms: number) => 1 - Math.exp((-ms * perSecond) / 1000);
    expect(kolmogorovOne(found, exponential(rate)).p).toBeGreaterThan(0.01);
    expect(kolmogorovOne(found, exponential(rate * 1.1)).p).toBeLessThan(0.001);
    expect(kolmogorovOne(gaps(constantArrivals(rate, extent)), exponential(rate)).p).toBeLessThan(1e-6);
  });

  test('the same seed gives the same schedule; counts over seconds vary as much as their mean', () => {
    const one = poissonArrivals(100, extent, seeded(2, 'a'));
    expect(poissonArrivals(100, extent, seeded(2, 'a'))).toEqual(one);
    expect(poissonArrivals(100, extent, seeded(3, 'a'))).not.toEqual(one);
    const long = poissonArrivals(100, { ...extent, minMs: 200_000 }, seeded(4, 'b'));
    const counts = Array.from({ length: 200 }, () => 0);
    for (const at of long) counts[Math.min(199, Math.floor(at / 1000))]!++;
    const { mean: center, variance } = moments(counts);
    expect(center).toBeCloseTo(100, -1);
    expect(variance / center).toBeGreaterThan(0.7);
    expect(variance / center).toBeLessThan(1.4);
  });
});

test('a schedule goes on until the least time and the least number both hold, and never beyond the most', () => {
  const of = (more: Partial<Extent>): Float64Array => constantArrivals(100, { ...extent, ...more });
  expect(of({ minMs: 100, minCount: 50 })).toHaveLength(50);
  expect(of({ minMs: 1000, minCount: 50 })).toHaveLength(99);
  expect(of({ minMs: 1000, maxMs: 500 })).toHaveLength(50);
  expect(of({ minMs: 1000, maxCount: 7 })).toHaveLength(7);
  expect([...of({ minMs: 0, minCount: 3 })]).toEqual([10, 20, 30]);
});

describe('gamma', () => {
  test.each([0.25, 1, 4])('variates of shape %d have mean and variance of that shape', (shape) => {
    const random = seeded(5, `gamma ${shape}`);
    const found = moments(Array.from({ length: 20_000 }, () => gammaVariate(shape, random)));
    expect(found.mean / shape).toBeGreaterThan(0.95);
    expect(found.mean / shape).toBeLessThan(1.05);
    expect(found.variance / shape).toBeGreaterThan(0.9);
    expect(found.variance / shape).toBeLessThan(1.1);
  });

  test('burstiness is one over the squared variation of the gaps, at exactly the asked rate', () => {
    for (const burstiness of [0.5, 1, 3]) {
      const times = gammaArrivals(200, burstiness, extent, seeded(6, String(burstiness)));
      expect(times).toHaveLength(4_000);
      expect(times.at(-1)).toBeCloseTo(20_000, 6);
      const { mean: center, variance } = moments(gaps(times));
      expect((variance / center ** 2) * burstiness).toBeGreaterThan(0.85);
      expect((variance / center ** 2) * burstiness).toBeLessThan(1.15);
    }
  });

  test('burstiness 1 is Poisson', () => {
    const found = gaps(gammaArrivals(200, 1, extent, seeded(7, 'one')));
    expect(kolmogorovOne(found, (ms) => 1 - Math.exp(-ms / 5)).p).toBeGreaterThan(0.01);
  });
});
