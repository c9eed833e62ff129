import { expect, test } from 'vitest';
import { breakEven, capacityFor, costLines, hoursPerMonth, once, perMonth } from './lines.ts';

const price = {
  perHour: 0.4,
  currency: 'EUR',
  cores: 4,
  other: [
    { name: 'monitoring', perMonth: 30 },
    { name: 'human review', perMonth: 200 },
    { name: 'optimization', once: 1_000 },
    { name: 'audit', once: 500 },
  ],
};
const month = hoursPerMonth * 3600;

test('whole processes are rented: for the busy rate where it is stated, else for the average', () => {
  expect(capacityFor(10, {})).toEqual({ instances: 1, idleShare: null });
  const average = capacityFor(10, { requestsPerMonth: 25 * month });
  expect(average.instances).toBe(3);
  expect(average.idleShare).toBeCloseTo(1 - 25 / 30);
  const busy = capacityFor(10, { requestsPerMonth: 5 * month, requestsPerSecond: 40 });
  expect(busy.instances).toBe(4);
  expect(busy.idleShare).toBeCloseTo(1 - 5 / 40);
  expect(capacityFor(10, { requestsPerSecond: 40 })).toEqual({ instances: 4, idleShare: null });
});

test('the bill names the idle machine and what else is paid; once only for a version that replaces the original', () => {
  const lines = costLines(price, 2, 10, { requestsPerMonth: 5 * month }, false);
  const machine = 0.5 * 0.4 * hoursPerMonth;
  expect(lines.map(({ name }) => name)).toEqual([
    'machine, at work',
    'machine, idle',
    'monitoring',
    'human review',
    'optimization',
    'audit',
  ]);
  expect(lines[0]!.amount).toBeCloseTo(machine / 2);
  expect(lines[1]!.amount).toBeCloseTo(machine / 2);
  expect(perMonth(lines)).toBeCloseTo(machine + 230);
  expect(once(lines)).toBe(1_500);
  expect(once(costLines(price, 2, 10, {}, true))).toBe(0);
});

test('a saving pays back after cost over saving; no saving never does', () => {
  expect(breakEven(1_000, 0.001)).toBe(1_000_000);
  expect(breakEven(0, 0.001)).toBe(0);
  expect(breakEven(1_000, 0)).toBeNull();
  expect(breakEven(1_000, -1)).toBeNull();
});
