import { expect, test } from 'vitest';
import { spearman } from '../../statistics/index.ts';
import golden from './fixtures/golden.json' with { type: 'json' };
import { weightedSpearman } from './correlation.ts';

const { truth, predicted } = golden.scores;

test('with every row once it is Spearman’s correlation (scipy), ties included', () => {
  expect(weightedSpearman(truth, predicted)(truth.map(() => 1))).toBeCloseTo(golden.scores.spearman, 12);
});

test('weights are repetitions', () => {
  const weights = truth.map((_, at) => (at * 7) % 4);
  const repeat = (values: readonly number[]): number[] => values.flatMap((one, at) => Array(weights[at]!).fill(one));
  expect(weightedSpearman(truth, predicted)(weights)).toBeCloseTo(spearman(repeat(truth), repeat(predicted)), 12);
});

test('a constant side has no correlation', () => {
  expect(weightedSpearman([1, 2, 3], [2, 2, 2])([1, 1, 1])).toBeNaN();
});
