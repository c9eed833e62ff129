import { SteelyardError, type Evidence, type Example, type Predictions, type Trial } from '../../contracts/index.ts';
import { checkLabels } from '../tasks/index.ts';
import type { Answers } from './metrics.ts';

/** The right answers of a trial as class indices, −1 for none. Errors: `task/labels` when the model does not know one. */
export const truthOf = (trial: Trial): Int32Array => {
  checkLabels(trial.task.labels, trial.examples, 'evaluation data');
  const indexOf = new Map(trial.task.labels.map((name, index) => [name, index]));
  return Int32Array.from(trial.examples, ({ label }) => (label === null ? -1 : indexOf.get(label)!));
};

/** A subject's answers, checked for size. Errors: `quality/rows` when answers and examples do not match, `task/not-finite`. */
export const answersOf = (predictions: Predictions, examples: readonly Example[], who: string): Predictions => {
  const rows = examples.length;
  const { predicted, scores, labels } = predictions;
  if (predicted.length !== rows || scores.length !== rows * labels.length)
    throw new SteelyardError(
      'quality/rows',
      `${who} gave ${predicted.length} answers and ${scores.length} scores for ${rows} examples of ${labels.length} classes`,
      'the remembered answers belong to other data: start a new run',
    );
  const bad = scores.findIndex((score) => !Number.isFinite(score));
  if (bad >= 0)
    throw new SteelyardError(
      'task/not-finite',
      `${who}: the scores of example ${examples[Math.floor(bad / labels.length)]!.id} hold ${scores[bad]}`,
    );
  return predictions;
};

/** Only these rows of right and given answers. */
export const pick = (truth: Int32Array, predicted: Int32Array, rows: readonly number[], classes: number): Answers => ({
  truth: Int32Array.from(rows, (row) => truth[row]!),
  predicted: Int32Array.from(rows, (row) => predicted[row]!),
  classes,
});

/** How two versions did on the same rows. */
export const pairsOf = (baseline: Answers, candidate: Answers): Extract<Evidence, { kind: 'pairs' }> => {
  const counts = [0, 0, 0, 0];
  for (let row = 0; row < baseline.truth.length; row++) {
    const truth = baseline.truth[row]!;
    const before = baseline.predicted[row] === truth ? 0 : 2;
    counts[before + (candidate.predicted[row] === truth ? 0 : 1)]! += 1;
  }
  const [bothRight, onlyBaselineRight, onlyCandidateRight, bothWrong] = counts as [number, number, number, number];
  return { kind: 'pairs', bothRight, onlyBaselineRight, onlyCandidateRight, bothWrong };
};
