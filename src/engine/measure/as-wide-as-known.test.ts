import { expect, test } from 'vitest';
import type { Comparison, Measurement } from '../../contracts/index.ts';
import { thinQuantiles } from '../../statistics/index.ts';
import { asWideAsKnown } from './as-wide-as-known.ts';

const measured = (versus: Partial<Comparison>, more: Partial<Measurement> = {}): Measurement => ({
  metric: 'typo-accuracy',
  unit: 'proportion',
  value: 0.9,
  low: 0.88,
  high: 0.92,
  confidence: 0.95,
  samples: 250,
  versus: {
    kind: 'difference',
    value: 0,
    low: 0,
    high: 0,
    evidence: thinQuantiles(new Float64Array(500)),
    method: 'paired bootstrap',
    ...versus,
  },
  ...more,
});
const after = (one: Measurement): Measurement => {
  const outcome = asWideAsKnown(new Map([['a', { kind: 'measured', measurements: [one] }]])).get('a')!;
  if (outcome.kind === 'failed') throw new Error(outcome.message);
  return outcome.measurements[0]!;
};

test('no change among 250 examples leaves 1.5 points open to either side', () => {
  // z² / (n + z²) with z = 1.96, the score interval without a discordant pair.
  const { low, high } = after(measured({})).versus!;
  expect(high).toBeCloseTo(3.8415 / 253.8415, 5);
  expect(low).toBe(-high);
});

test('what has a width, is exact, is a ratio or has no such range stays', () => {
  for (const one of [
    measured({ low: -0.01 }),
    measured({ evidence: { kind: 'exact' } }),
    measured({ kind: 'ratio', value: 1, low: 1, high: 1 }),
    measured({}, { unit: 'nats' }),
  ])
    expect(after(one)).toEqual(one);
});
