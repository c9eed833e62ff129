import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seeded } from '../../../statistics/index.ts';
import { logistic, slopeOf } from './slope.ts';

const golden = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', 'logistic.json'), 'utf8')) as Readonly<
  Record<'x' | 'y' | 'weights' | 'plain' | 'weighted' | 'separated', readonly number[]>
>;
const x = Float64Array.from(golden.x);
const y = Uint8Array.from(golden.y);

test('agrees with scikit-learn’s LogisticRegression(C=1): plain, weighted, and perfectly separated', () => {
  const close = (found: readonly number[], expected: readonly number[]): void => {
    for (const [at, value] of expected.entries()) expect(found[at]).toBeCloseTo(value, 5);
  };
  close(logistic(x, y), golden.plain);
  close(logistic(x, y, golden.weights), golden.weighted);
  const line = Float64Array.from({ length: 20 }, (_, at) => at - 9.5);
  close(
    logistic(
      line,
      Uint8Array.from(line, (one) => (one > 0 ? 1 : 0)),
    ),
    golden.separated,
  );
});

const simulated = (slope: number, seed: number) => {
  const random = seeded(seed, 'slope');
  const values = Float64Array.from({ length: 800 }, () => random.normal());
  return { values, yes: values.map((one) => (random.next() < 1 / (1 + Math.exp(2 - slope * one)) ? 1 : 0)) };
};

test('finds a true slope, and none where there is none', () => {
  const steep = simulated(1, 1);
  const found = slopeOf(steep.values, Uint8Array.from(steep.yes), 0.95, 300, seeded(1, 'draws'))!;
  expect(found.low).toBeGreaterThan(0.5);
  expect(found.high).toBeLessThan(1.5);
  const flat = simulated(0, 2);
  const none = slopeOf(flat.values, Uint8Array.from(flat.yes), 0.95, 300, seeded(1, 'draws'))!;
  expect(none.low).toBeLessThan(0);
  expect(none.high).toBeGreaterThan(0);
});

test('too few of either outcome, or all texts alike: no slope', () => {
  const few = Uint8Array.from({ length: 40 }, (_, at) => (at < 9 ? 1 : 0));
  const rising = Float64Array.from({ length: 40 }, (_, at) => at);
  const draw = () => seeded(1, 'draws');
  expect(slopeOf(rising, few, 0.95, 100, draw())).toBeNull();
  expect(
    slopeOf(
      rising,
      few.map((one) => 1 - one),
      0.95,
      100,
      draw(),
    ),
  ).toBeNull();
  expect(
    slopeOf(
      new Float64Array(40),
      Uint8Array.from({ length: 40 }, (_, at) => at % 2),
      0.95,
      100,
      draw(),
    ),
  ).toBeNull();
});
