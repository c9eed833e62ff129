import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Predictions } from '../../../contracts/index.ts';
import { exampleOf } from '../testing/text.ts';
import { judgeLikeness, judgeNumbers } from './numbers.ts';

/** Made with scikit-learn 1.9 and scipy 1.17 on the rows, and on rows repeated by their weights. */
const golden = (
  JSON.parse(readFileSync(new URL('./fixtures/sklearn-golden.json', import.meta.url), 'utf8')) as {
    numbers: Record<'truth' | 'given' | 'weights' | 'values' | 'weighted', number[]>;
  }
).numbers;
const examples = golden.truth.map((gold, at) => exampleOf({ id: String(at), gold }));
const predictionsOf = (given: readonly number[]): Predictions => ({
  labels: [],
  predicted: new Int32Array(),
  scores: Float32Array.from(given),
  sizes: new Int32Array(given.length).fill(1),
  truncated: 0,
});
const predictions = predictionsOf(golden.given);

test('gives the numbers of scikit-learn and scipy, plain and weighted', () => {
  const { values } = judgeNumbers.judge(examples, predictions, predictions);
  for (const [at, wanted] of golden.values.entries()) expect(values()[at]).toBeCloseTo(wanted, 10);
  for (const [at, wanted] of golden.weighted.entries()) expect(values(golden.weights)[at]).toBeCloseTo(wanted, 10);
});

test('likeness is judged by its correlations alone', () => {
  const { values } = judgeLikeness.judge(examples, predictions, predictions);
  expect(values()).toEqual(judgeNumbers.judge(examples, predictions, predictions).values().slice(3));
});

test('equal right numbers have no spread to explain; a constant answer has no correlation', () => {
  const same = [1, 2].map((at) => exampleOf({ id: String(at), gold: 5 }));
  const of = (...given: number[]) => [...judgeNumbers.judge(same, predictionsOf(given), predictionsOf(given)).values()];
  expect(of(5, 5)).toEqual([0, 0, 1, 0, 0]);
  expect(of(6, 6)).toEqual([1, 1, 0, 0, 0]);
});

test('large numbers keep their digits', () => {
  const far = [0, 1, 2].map((at) => exampleOf({ id: String(at), gold: 16_777_200 + at }));
  const given = predictionsOf([16_777_200, 16_777_201, 16_777_203]);
  expect(judgeNumbers.judge(far, given, given).values()[2]).toBeCloseTo(0.5, 9);
});
