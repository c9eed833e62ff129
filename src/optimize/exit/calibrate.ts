import type { Answers } from '../answers.ts';
import type { Head } from './logistic.ts';
import type { Measure } from './measure.ts';

/** Probabilities of scores, row by row. Shapes: [n, classes] → the same. */
export const softmax = ({ width, values }: Answers, temperature = 1): Answers => {
  const result = new Float32Array(values.length);
  for (let from = 0; from < values.length; from += width) {
    let most = Number.NEGATIVE_INFINITY;
    for (let i = from; i < from + width; i++) most = Math.max(most, values[i]!);
    let sum = 0;
    for (let i = from; i < from + width; i++) sum += result[i] = Math.exp((values[i]! - most) / temperature);
    for (let i = from; i < from + width; i++) result[i]! /= sum;
  }
  return { width, values: result };
};

/** Mean −Σ t · ln p of scores over a temperature. Units: nats. */
export const crossEntropyAt = (scores: Answers, targets: Answers, temperature: number): number => {
  const { values: p, width } = softmax(scores, temperature);
  let sum = 0;
  for (let i = 0; i < p.length; i++)
    if (targets.values[i]! > 0) sum -= targets.values[i]! * Math.log(Math.max(p[i]!, Number.MIN_VALUE));
  return sum / (p.length / width);
};

/** The temperature between 1/20 and 20 under which scores say most about held-out targets, by golden-section search on its logarithm.
 *  Source: Guo et al. 2017, §4.2 (temperature scaling). */
export const temperatureOf = (scores: Answers, targets: Answers): number => {
  if (scores.values.length === 0) return 1;
  const ratio = (Math.sqrt(5) - 1) / 2;
  const at = (log: number): number => crossEntropyAt(scores, targets, Math.exp(log));
  let [low, high] = [-Math.log(20), Math.log(20)];
  let [left, right] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [a, b] = [at(left), at(right)];
  for (let i = 0; i < 40; i++) {
    if (a <= b) {
      [high, right, b] = [right, left, a];
      left = high - ratio * (high - low);
      a = at(left);
    } else {
      [low, left, a] = [left, right, b];
      right = low + ratio * (high - low);
      b = at(right);
    }
  }
  return Math.exp((low + high) / 2);
};

/** The head whose scores are over this temperature. */
export const cooled = ({ weight, bias, classes }: Head, temperature: number): Head => ({
  weight: weight.map((one) => one / temperature),
  bias: bias.map((one) => one / temperature),
  classes,
});

/** How sure each row is: the same measures as in the graph. Shapes: probabilities [n, classes] → [n]. */
export const surenessOf = ({ width, values }: Answers, measure: Measure): Float32Array => {
  const result = new Float32Array(values.length / width);
  for (let row = 0; row < result.length; row++) {
    let [first, second, entropy] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
    for (let i = row * width; i < (row + 1) * width; i++) {
      const p = values[i]!;
      if (p > first) [second, first] = [first, p];
      else if (p > second) second = p;
      entropy += p * Math.log(p + 1e-12);
    }
    result[row] =
      measure === 'probability' ? first : measure === 'margin' ? first - second : 1 + entropy / Math.log(width);
  }
  return result;
};
