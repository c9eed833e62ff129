import { expect, test } from 'vitest';
import { asPromised, cases, simulate } from './simulate.ts';

const runs = 200;

test.each(cases.filter(({ slow }) => slow !== true))('$what: $name', (one) => {
  const share = simulate(one, runs, 1);
  expect(asPromised(one, share, runs), `${(100 * share).toFixed(1)} % of ${runs}`).toBe(true);
});

test('the yardstick itself: a broken promise is seen, a kept one is not called broken', () => {
  const one = { ...cases[0]!, from: 0, to: 0.05 };
  expect(asPromised(one, 0.05, 250)).toBe(true);
  expect(asPromised(one, 0.15, 250)).toBe(false);
  expect(asPromised({ ...one, from: 0.93, to: 0.97 }, 0.8, 250)).toBe(false);
  expect(simulate({ ...one, once: (random) => random.next() < 0.25 }, 2000, 1)).toBeCloseTo(0.25, 1);
});
