import { expect, test } from 'vitest';
import type { Measurement } from '../../contracts/index.ts';
import { deriveCost } from './derive-cost.ts';

const throughput: Measurement = {
  metric: 'throughput',
  unit: 'requests/s',
  value: 100,
  low: 80,
  high: 125,
  confidence: 0.95,
  samples: 40,
  versus: {
    kind: 'ratio',
    value: 2,
    low: 1.6,
    high: 2.5,
    evidence: { kind: 'bootstrap', probabilities: [0.1, 0.5, 0.95], values: [1.6, 2, 2.5] },
    method: 'paired bootstrap over 40 rounds',
  },
};
const price = { perHour: 0.36, currency: 'EUR', cores: 4 };

test('cost is price over throughput; the interval and its quantiles turn around', () => {
  const cost = deriveCost([throughput], price, { own: 1, original: 1 })!;
  // 1e6 requests at 100/s take 10,000 s of a quarter of a machine that costs 0.0001 a second.
  expect(cost.value).toBeCloseTo(0.25, 12);
  expect(cost.low).toBeCloseTo(0.2, 12);
  expect(cost.high).toBeCloseTo(0.3125, 12);
  expect(cost.unit).toBe('currency/million requests');
  expect(cost.versus).toMatchObject({ value: 0.5, low: 0.4, high: 0.625 });
  expect(cost.versus!.evidence).toEqual({
    kind: 'bootstrap',
    probabilities: [1 - 0.95, 0.5, 0.9],
    values: [0.4, 0.5, 0.625],
  });
  expect(cost.caveat).toContain('EUR 0.36 an hour for 4 cores');
});

test('a version that keeps more cores busy than the original costs more of the machine', () => {
  const cost = deriveCost([throughput], price, { own: 2, original: 1 })!;
  expect(cost.value).toBeCloseTo(0.5, 12);
  expect(cost.versus!.value).toBeCloseTo(1, 12);
  expect(deriveCost([throughput], price, { own: 8, original: 8 })!.caveat).toContain('the price buys 4 cores');
});

test('without a throughput there is no cost', () => {
  expect(deriveCost([{ ...throughput, slice: 'style=casual' }], price, { own: 1, original: 1 })).toBeNull();
  expect(deriveCost([{ ...throughput, value: 0 }], price, { own: 1, original: 1 })).toBeNull();
});
