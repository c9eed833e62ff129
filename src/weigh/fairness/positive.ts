import { SteelyardError, type Trial } from '../../contracts/index.ts';

/** The class that an option calls positive; null: none. Errors: `fairness/label`. */
export const positiveOf = (trial: Trial, name: string, owner: string): number | null => {
  if (name === '') return null;
  const at = trial.task.labels.indexOf(name);
  if (at < 0)
    throw new SteelyardError(
      'fairness/label',
      `${owner}: the positive label "${name}" is none of the model's`,
      `labels: ${trial.task.labels.slice(0, 20).join(', ')}${trial.task.labels.length > 20 ? ', …' : ''}`,
    );
  return at;
};
