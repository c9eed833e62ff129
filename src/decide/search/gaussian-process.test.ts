import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { fit } from './gaussian-process.ts';
import { allPoints } from './points.ts';
import { shapeOf } from './shape.ts';
import { dimension, spaceOf } from './testing/landscape.ts';

const space = spaceOf([
  dimension('a', 4),
  dimension('b', 5, { ordered: true }),
  dimension('c', 3),
  dimension('idle', 4),
]);
const shape = shapeOf(space);
const truth = ([a, b, c]: readonly number[]): number => [0, 2, -1, 1][a!]! + 0.5 * b! + (c === 2 ? 1 : 0);

test('tells what was not seen, and how sure that is', () => {
  const points = seeded(1, 'rows').shuffle(allPoints(space)!);
  const [seen, others] = [points.slice(0, 40), points.slice(40)];
  const noise = seeded(2, 'noise');
  const belief = fit(
    shape,
    seen.map((point) => ({ point, value: truth(point) + 0.1 * noise.normal(), variance: 0.01 })),
  )(others);
  const errors = others.map((point, i) => belief.means[i]! - truth(point));
  const rms = Math.sqrt(errors.reduce((sum, one) => sum + one * one, 0) / errors.length);
  // The truth's own deviation is about 1.4.
  expect(rms).toBeLessThan(0.3);
  const z = errors.map((error, i) => Math.abs(error) / belief.sds[i]!);
  expect(z.filter((one) => one < 2).length / z.length).toBeGreaterThan(0.85);
});

test('what was seen well is known well, what was seen poorly is not', () => {
  const at = (value: number, variance: number) => ({ point: [0, 0, 0, 0], value, variance });
  const others = [1, 2, 3].map((a) => ({ point: [a, 2, 1, 0], value: a, variance: 1e-6 }));
  const sure = fit(shape, [...others, at(5, 1e-6)])([[0, 0, 0, 0]]);
  const unsure = fit(shape, [...others, at(5, 100)])([[0, 0, 0, 0]]);
  expect(sure.means[0]).toBeCloseTo(5, 1);
  expect(unsure.means[0]!).toBeLessThan(3.5);
  expect(unsure.sds[0]!).toBeGreaterThan(5 * sure.sds[0]!);
});

test('no rows, one row, equal rows', () => {
  expect(fit(shape, [])([[0, 0, 0, 0]])).toEqual({ means: Float64Array.of(0), sds: Float64Array.of(1) });
  for (const rows of [1, 4]) {
    const same = Array.from({ length: rows }, (_, a) => ({ point: [a, 0, 0, 0], value: 7, variance: 0 }));
    const { means, sds } = fit(shape, same)([[3, 4, 2, 1]]);
    expect(means[0]).toBeCloseTo(7, 6);
    expect(sds[0]).toBeGreaterThan(0);
  }
});
