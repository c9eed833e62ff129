import { expect, test } from 'vitest';
import { rateAt, type Schedule } from './schedule.ts';

test.each<[Schedule['shape'], number, number]>([
  ['constant', 5, 0.5],
  ['constant', 10, 1],
  ['constant', 500, 1],
  ['linear', 5, 0.5],
  ['linear', 10, 1],
  ['linear', 60, 0.5],
  ['linear', 110, 0],
  ['linear', 200, 0],
  ['cosine', 60, 0.5],
  ['cosine', 35, 0.5 * (1 + Math.cos(Math.PI / 4))],
])('%s schedule at step %d gives %d of the peak', (shape, step, expected) => {
  expect(rateAt(2, step, { shape, warmUpSteps: 10, totalSteps: 110 })).toBeCloseTo(2 * expected, 12);
});

test('without warm-up the first step has the whole rate', () => {
  expect(rateAt(1, 1, { shape: 'constant', warmUpSteps: 0, totalSteps: 3 })).toBe(1);
  expect(rateAt(1, 1, { shape: 'linear', warmUpSteps: 0, totalSteps: 4 })).toBe(0.75);
});
