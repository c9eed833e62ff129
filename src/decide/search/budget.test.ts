import { expect, test } from 'vitest';
import type { SearchProblem, Tried } from '../../contracts/index.ts';
import { budgetOf } from './budget.ts';
import { dimension, looked, spaceOf } from './testing/landscape.ts';

const problem = (seconds: number): SearchProblem => ({
  space: spaceOf([dimension('a', 20)]),
  seeds: [],
  objectives: ['latency'],
  rungs: [
    { name: 'glance', cost: 0.1 },
    { name: 'full', cost: 1 },
  ],
  seconds,
  width: 2,
  seed: 1,
});
const trial = (at: number, rung: number, seconds: number): Tried => ({
  point: [at],
  rung,
  outcome: looked([1]),
  seconds,
});

test('learns what a rung takes from its looks, and of others by the ratio of their costs', () => {
  const glances = [trial(0, 0, 2), trial(1, 0, 4)];
  const budget = budgetOf(problem(100), glances, [{ point: [2], rung: 0 }]);
  expect(budget.meanSeconds(0)).toBe(3);
  expect(budget.meanSeconds(1)).toBeCloseTo(30, 12);
  expect(budget.spentOn(0)).toBe(9);
  expect(budget.committed).toBe(9);
  expect(budget.with({ point: [3], rung: 1 }).committed).toBeCloseTo(39, 12);
  expect(budgetOf(problem(100), [...glances, trial(0, 1, 12)], []).meanSeconds(1)).toBe(12);
  // What failed at once does not make looks cheap.
  const failed: Tried = { ...trial(5, 0, 0.1), outcome: { kind: 'failed', reason: 'no' } };
  expect(budgetOf(problem(100), [...glances, failed], []).meanSeconds(0)).toBe(3);
});

test('a look fits while there is time for it; the first full one always; none without any time', () => {
  const glances = [trial(0, 0, 2), trial(1, 0, 2)];
  expect(budgetOf(problem(6), glances, []).fits(0)).toBe(true);
  expect(budgetOf(problem(5.9), glances, []).fits(0)).toBe(false);
  expect(budgetOf(problem(4), glances, []).fits(1)).toBe(true);
  expect(budgetOf(problem(4), glances, [{ point: [0], rung: 1 }]).fits(1)).toBe(false);
  expect(budgetOf(problem(0), [], []).fits(1)).toBe(false);
  expect(budgetOf(problem(1), [], []).fits(0)).toBe(true);
  expect(budgetOf(problem(1), [], []).meanSeconds(0)).toBeNull();
});
