import type { Digest, Example, Learning, LearningRows, Task } from '../../contracts/index.ts';
import { digestOf } from '../../records/index.ts';
import type { Split } from '../measure/predictions.ts';

/** Examples as rows to learn from, read by this task. */
export const learningRows = (task: Task, examples: readonly Example[]): LearningRows => {
  const indexOf = new Map(task.labels.map((label, index) => [label, index]));
  const at = (row: number): Example => examples[row]!;
  return {
    count: examples.length,
    label: (row) => {
      const { label } = at(row);
      return label === null ? null : (indexOf.get(label) ?? null);
    },
    length: (row) => task.text?.tokens(at(row)).length ?? 1,
    tokens: (row) => task.text?.tokens(at(row)) ?? null,
    feeds: (rows) => task.encode(rows.map(at)).feeds,
  };
};

/** Data to learn from, as one task reads it; null without training data. Pairs of texts are learned from as they are, never token by token. */
export const learningOf = (task: Task, train: Split | null, validation: Split | null): Learning | null => {
  if (train === null || validation === null || task.output === undefined) return null;
  const pairs = train.examples.some(({ pair }) => pair !== undefined);
  const digest: Digest = digestOf({ train: train.digest, validation: validation.digest, task: task.fingerprint });
  return {
    train: learningRows(task, train.examples),
    validation: learningRows(task, validation.examples),
    labels: task.labels,
    output: task.output,
    text: pairs ? null : (task.text ?? null),
    digest,
  };
};
