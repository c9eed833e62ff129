import { expect, test } from 'vitest';
import type { SearchProblem } from '../../contracts/index.ts';
import { askInFull, seedsOf, takenAt } from './full-looks.ts';
import { dimension, looked, spaceOf } from './testing/landscape.ts';

const problem: SearchProblem = {
  space: spaceOf([dimension('a', 3), dimension('b', 2, { when: { dimension: 'a', values: [1] } })], ([a]) =>
    a === 2 ? 'not this' : null,
  ),
  seeds: [
    [1, 1],
    [2, 0],
    [0, 1],
    [0, 0],
  ],
  objectives: ['latency'],
  rungs: [{ name: 'full', cost: 1 }],
  seconds: 100,
  width: 3,
  seed: 1,
};

test('seeds are canonical, allowed and come once', () => {
  expect(seedsOf(problem)).toEqual([
    [1, 1],
    [0, 0],
  ]);
});

test('asks for the seeds first, then for what is proposed, in free slots only', () => {
  const asked: number[] = [];
  const propose = (taken: ReadonlySet<string>, nth: number) => {
    asked.push(nth);
    return taken.has('1,0') ? null : [1, 0];
  };
  expect(askInFull(problem, [], [], propose).map(({ point }) => point.join())).toEqual(['1,1', '0,0', '1,0']);
  expect(askInFull(problem, [], [{ point: [1, 1], rung: 0 }], propose).map(({ point }) => point.join())).toEqual([
    '0,0',
    '1,0',
  ]);
  const history = [{ point: [1, 1], rung: 0, outcome: looked([1]), seconds: 1 }];
  expect(
    askInFull(
      problem,
      history,
      [
        { point: [0, 0], rung: 0 },
        { point: [1, 0], rung: 0 },
      ],
      propose,
    ),
  ).toEqual([]);
  expect(asked).toEqual([2, 2, 3]);
  expect(askInFull({ ...problem, rungs: [] }, [], [], propose)).toEqual([]);
});

test('taken is what was tried or is pending at this rung', () => {
  const history = [{ point: [1, 1], rung: 1 }];
  expect([...takenAt(1, history, [{ point: [0, 0], rung: 0 }])]).toEqual(['1,1']);
});
