import { suspectSwap } from '../tasks/labels.ts';
import type { Sheet } from './metrics.ts';

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** A sentence when another one-to-one reading of the labels would be right far more often: a sign of labels in another order.
 *  Null: nothing suspicious, or too few rows to tell. */
export const swapCaution = ({ task, rows, given }: Sheet): string | null => {
  if (given.kind !== 'class') return null;
  const swap = suspectSwap(
    { labels: task.labels, predicted: given.predicted, scores: new Float32Array(), truncated: 0 },
    rows.map(({ id, label }) => ({ id, label: task.labels[label!]!, groups: {} })),
  );
  if (swap === null) return null;
  const renamed = swap.renamed.map(({ model, data }) => `"${model}" read as "${data}"`).join(', ');
  return `suspected label swap: with ${renamed} the answers would be right for ${percent(swap.permutedAccuracy)} of the rows instead of ${percent(swap.accuracy)}; if the model’s own order is another, give it with --labels`;
};
