import { expect, test } from 'vitest';
import type { Point, SearchProblem, TrialOutcome, Tried } from '../../contracts/index.ts';
import { finalists } from './finalists.ts';
import { dimension, looked, spaceOf } from './testing/landscape.ts';

const problem: SearchProblem = {
  space: spaceOf([dimension('a', 9), dimension('b', 9)]),
  seeds: [],
  objectives: ['latency', 'size'],
  rungs: [
    { name: 'glance', cost: 0.1 },
    { name: 'full', cost: 1 },
  ],
  seconds: 1,
  width: 1,
  seed: 1,
};
const full = (point: Point, outcome: TrialOutcome, rung = 1): Tried => ({ point, rung, outcome, seconds: 1 });

test('the front first, by the first objective, then those behind it, then those that miss something', () => {
  const history = [
    full([1, 0], looked([3, 1])),
    full([2, 0], looked([1, 3])),
    full([3, 0], looked([2, 2])),
    full([4, 0], looked([4, 4])),
    full([5, 0], looked([0, 0], { misses: 2 })),
    full([6, 0], looked([0, 0], { misses: 1 })),
    full([7, 0], looked([0, 0], { misses: 0.5, hopeless: true })),
    full([8, 0], { kind: 'failed', reason: 'no' }),
  ];
  expect(finalists(problem, history, 9)).toEqual([
    [2, 0],
    [3, 0],
    [1, 0],
    [4, 0],
    [6, 0],
    [5, 0],
  ]);
  expect(finalists(problem, history, 2)).toEqual([
    [2, 0],
    [3, 0],
  ]);
  expect(finalists(problem, history.toReversed(), 9)).toEqual(finalists(problem, history, 9));
});

test('of those that cannot be told from the best the simplest comes first', () => {
  const errors = [0.1, 0];
  const history = [
    full([1, 1], looked([1, 3], { errors })),
    full([1, 0], looked([1.1, 2], { errors })),
    full([0, 1], looked([1.2, 1], { errors })),
  ];
  // 1.1 is within √(0.1² + 0.1²) of the best, 1, and simpler; 1.2 is not within it.
  expect(finalists(problem, history, 3)).toEqual([
    [1, 0],
    [1, 1],
    [0, 1],
  ]);
});

test('hopeless ones only where nothing else is; the cheap rung where no full look was', () => {
  expect(finalists(problem, [full([1, 0], looked([1, 1], { hopeless: true, misses: 1 }))], 3)).toEqual([[1, 0]]);
  expect(finalists(problem, [full([1, 0], looked([1, 1]), 0), full([2, 0], looked([0, 0]), 0)], 3)).toEqual([
    [2, 0],
    [1, 0],
  ]);
  expect(finalists(problem, [], 3)).toEqual([]);
  expect(finalists(problem, [full([1, 0], { kind: 'failed', reason: 'no' })], 3)).toEqual([]);
});

test('where the time ended before enough came up, what nothing dominates comes from the rungs below', () => {
  const rungs = [...problem.rungs, { name: 'all', cost: 9 }];
  const history = [
    full([1, 0], looked([5, 5]), 2),
    full([2, 0], looked([1, 9]), 0),
    full([3, 0], looked([2, 4]), 0),
    full([4, 0], looked([9, 1]), 1),
    full([5, 0], looked([6, 6]), 1),
    full([6, 0], looked([0, 0], { misses: 0.1 }), 1),
    full([7, 0], looked([0, 0], { hopeless: true }), 1),
    // It looked better before it was looked at again.
    full([1, 0], looked([0, 0]), 0),
  ];
  const six = finalists({ ...problem, rungs }, history, 6);
  expect(six).toEqual([
    [1, 0],
    [4, 0],
    [2, 0],
  ]);
  expect(finalists({ ...problem, rungs }, history, 2)).toEqual(six.slice(0, 2));
});
