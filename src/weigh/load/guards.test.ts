import { expect, test } from 'vitest';
import { isDisturbed, readStolenMs, stolenMs } from './guards.ts';

const stat = (steal: number): string => `cpu  100 0 50 9000 5 0 1 ${steal} 0 0\ncpu0 50 0 25 4500 2 0 0 7 0 0\n`;

test('reads stolen time of all CPUs in milliseconds', () => {
  expect(stolenMs(stat(42))).toBe(420);
  expect(stolenMs('cpu  1 2 3\n')).toBe(0);
  expect(stolenMs('')).toBe(0);
  expect(readStolenMs()).toBeGreaterThanOrEqual(0);
});

const quiet = { roundMs: 100, stolenMs: 0, involuntarySwitches: 0, turnMs: 20, threads: 1 };

test('a round is disturbed by stolen time or lost cores beyond the limits', () => {
  expect(isDisturbed(quiet, 2)).toBe(false);
  expect(isDisturbed({ ...quiet, stolenMs: 20 }, 2)).toBe(false);
  expect(isDisturbed({ ...quiet, stolenMs: 21 }, 2)).toBe(true);
  expect(isDisturbed({ ...quiet, involuntarySwitches: 3 }, 2)).toBe(false);
  expect(isDisturbed({ ...quiet, involuntarySwitches: 4 }, 2)).toBe(true);
  expect(isDisturbed({ ...quiet, involuntarySwitches: 4, threads: 2 }, 2)).toBe(false);
});
