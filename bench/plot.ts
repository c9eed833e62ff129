// A scatter plot that a terminal and a Markdown code block can show.
import { percent } from './table.ts';

/** Accuracy over speed (its logarithm), one letter a version. */
export const plot = (
  points: readonly { readonly letter: string; readonly speed: number; readonly accuracy: number }[],
): string => {
  const [width, height] = [60, 12];
  const speeds = points.map(({ speed }) => Math.log2(speed));
  const accuracies = points.map(({ accuracy }) => accuracy);
  const [left, right] = [Math.min(0, ...speeds), Math.max(1, ...speeds)];
  const [bottom, top] = [Math.min(...accuracies) - 0.005, Math.max(...accuracies) + 0.005];
  const rows = Array.from({ length: height }, () => Array.from({ length: width }, () => ' '));
  for (const [i, { letter, accuracy }] of points.entries()) {
    const column = Math.round(((speeds[i]! - left) / (right - left)) * (width - 1));
    const row = Math.round(((top - accuracy) / (top - bottom)) * (height - 1));
    rows[row]![column] = letter;
  }
  const lines = rows.map((row, at) => {
    const accuracy = top - (at / (height - 1)) * (top - bottom);
    return `${percent(accuracy).padStart(7)} |${row.join('')}`;
  });
  const axis = `${' '.repeat(8)}+${'-'.repeat(width)}`;
  const ends = `${' '.repeat(9)}${(2 ** left).toFixed(1)}×${`${(2 ** right).toFixed(1)}×`.padStart(width - 4)}`;
  return [...lines, axis, ends].join('\n');
};
