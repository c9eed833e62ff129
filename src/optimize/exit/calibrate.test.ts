import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { cooled, crossEntropyAt, softmax, surenessOf, temperatureOf } from './calibrate.ts';

test('probabilities and measures of a known row', () => {
  const p = softmax({ width: 3, values: Float32Array.of(Math.log(7), Math.log(2), 0) });
  expect(p.values[0]).toBeCloseTo(0.7, 6);
  expect(surenessOf(p, 'probability')[0]).toBeCloseTo(0.7, 6);
  expect(surenessOf(p, 'margin')[0]).toBeCloseTo(0.5, 6);
  const entropy = -(0.7 * Math.log(0.7) + 0.2 * Math.log(0.2) + 0.1 * Math.log(0.1));
  expect(surenessOf(p, 'entropy')[0]).toBeCloseTo(1 - entropy / Math.log(3), 6);
  expect(softmax({ width: 2, values: Float32Array.of(2, 0) }, 2).values[0]).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
});

test('the temperature undoes an exaggeration', () => {
  const random = seeded(1, 'temperature');
  const honest = { width: 3, values: Float32Array.from({ length: 3 * 2000 }, () => random.normal() * 1.5) };
  const targets = softmax(honest);
  const loud = { width: 3, values: honest.values.map((one) => one * 4) };
  expect(temperatureOf(loud, targets)).toBeCloseTo(4, 2);
  expect(crossEntropyAt(loud, targets, 4)).toBeLessThan(crossEntropyAt(loud, targets, 1));
  expect(temperatureOf({ width: 3, values: new Float32Array(0) }, targets)).toBe(1);
  const head = cooled({ weight: Float32Array.of(4, 8), bias: Float32Array.of(2, 0), classes: 2 }, 4);
  expect([...head.weight, ...head.bias]).toEqual([1, 2, 0.5, 0]);
});
