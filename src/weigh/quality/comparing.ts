import { SteelyardError, type Judging, type Predictions, type Trial } from '../../contracts/index.ts';
import { answersOf, truthOf } from './answers.ts';

/** How a task's answers are held against each other and against the right ones, one by one. */
export interface Comparing {
  /** The predictions, checked for size. Errors: `quality/rows`, `task/not-finite`. */
  checked(predictions: Predictions, who: string): Predictions;
  changed(before: Predictions, after: Predictions, row: number): boolean;
  /** Per example: 1 wholly right, 0 not, −1 nobody knows. */
  right(predictions: Predictions): Int8Array;
  /** The answers to some examples only. */
  only(predictions: Predictions, rows: readonly number[]): Predictions;
}

const ofClasses = (trial: Trial): Comparing => {
  const truth = truthOf(trial);
  return {
    checked: (predictions, who) => answersOf(predictions, trial.examples, who),
    changed: (before, after, row) => before.predicted[row] !== after.predicted[row],
    right: ({ predicted }) =>
      Int8Array.from(truth, (index, row) => (index < 0 ? -1 : index === predicted[row] ? 1 : 0)),
    only: (predictions, rows) => ({
      ...predictions,
      predicted: Int32Array.from(rows, (row) => predictions.predicted[row]!),
    }),
  };
};

const ofWords = ({ examples }: Trial, judging: Judging, changed: NonNullable<Judging['changed']>): Comparing => ({
  checked(predictions, who) {
    if (predictions.answers?.length !== examples.length)
      throw new SteelyardError(
        'quality/rows',
        `${who} gave ${predictions.answers?.length ?? 0} answers for ${examples.length} examples`,
        'the remembered answers belong to other data: start a new run',
      );
    return predictions;
  },
  changed,
  right(predictions) {
    const { rows, right } = judging.judge(examples, predictions, predictions);
    const out = new Int8Array(examples.length).fill(-1);
    if (right !== undefined) for (const [at, row] of rows.entries()) out[row] = right[at]!;
    return out;
  },
  only: (predictions, rows) => ({ ...predictions, answers: rows.map((row) => predictions.answers![row]!) }),
});

/** Classes are compared by name, answers in words as their task says. Errors: `task/labels`. */
export const comparisonOf = (trial: Trial): Comparing => {
  const { judging } = trial.task;
  if (judging === undefined) return ofClasses(trial);
  if (judging.changed === undefined) throw new Error(`answers of ${trial.task.id} always differ a little`);
  return ofWords(trial, judging, judging.changed);
};
