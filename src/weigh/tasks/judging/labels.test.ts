import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Predictions } from '../../../contracts/index.ts';
import { exampleOf } from '../testing/text.ts';
import { judgeLabels, rankingPrecision } from './labels.ts';

/** Made with scikit-learn 1.9 (f1_score, accuracy_score, hamming_loss, label_ranking_average_precision_score). */
const golden = (
  JSON.parse(readFileSync(new URL('./fixtures/sklearn-golden.json', import.meta.url), 'utf8')) as {
    labels: Record<'micro' | 'macro' | 'subset' | 'hamming' | 'ranking', number> & {
      truth: number[][];
      scores: number[][];
    };
  }
).labels;
const names = ['a', 'b', 'c', 'd'];
const judging = judgeLabels(names);
const examples = golden.truth.map((row, at) =>
  exampleOf({ id: String(at), gold: names.filter((_, label) => row[label] === 1) }),
);
const predictions: Predictions = {
  labels: names,
  predicted: new Int32Array(),
  scores: Float32Array.from(golden.scores.flat()),
  answers: golden.scores.map((row) => names.filter((_, label) => row[label]! >= 0)),
  truncated: 0,
};

test('gives scikit-learn’s numbers', () => {
  const judged = judging.judge(examples, predictions, predictions);
  const { micro, macro, subset, hamming, ranking } = golden;
  for (const [at, value] of [micro, macro, subset, hamming, ranking].entries())
    expect(judged.values()[at]).toBeCloseTo(value, 10);
});

test('weights stand for examples that occur as often', () => {
  const weights = examples.map((_, at) => at % 3);
  const some = [...examples.keys()].flatMap((at) => Array.from({ length: weights[at]! }, () => at));
  const repeated: Predictions = {
    ...predictions,
    scores: Float32Array.from(some.flatMap((at) => golden.scores[at]!)),
    answers: some.map((at) => predictions.answers![at]!),
  };
  const expected = judging
    .judge(
      some.map((at) => examples[at]!),
      repeated,
      repeated,
    )
    .values();
  for (const [at, value] of judging.judge(examples, predictions, predictions).values(weights).entries())
    expect(value).toBeCloseTo(expected[at]!, 12);
});

test('the ranking of all or no labels is perfect', () => {
  expect(rankingPrecision([1, 2], 0, [true, true])).toBe(1);
  expect(rankingPrecision([1, 2], 0, [false, false])).toBe(1);
  expect(rankingPrecision([1, 2, 0], 0, [true, false, false])).toBe(0.5);
});

test('the same labels in another order are no change; unknown labels are refused', () => {
  const other = { ...predictions, answers: [['b', 'a']] };
  expect(judging.changed!({ ...predictions, answers: [['a', 'b']] }, other, 0)).toBe(false);
  expect(judging.changed!({ ...predictions, answers: [['a']] }, other, 0)).toBe(true);
  expect(() => judging.check([exampleOf({ gold: ['z'] })], 'data')).toThrowError(
    expect.objectContaining({ code: 'task/labels' }),
  );
});
