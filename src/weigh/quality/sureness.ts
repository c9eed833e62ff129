import { probabilities } from './softmax.ts';

/** How sure a version is of one text, per text. */
export interface Sureness {
  /** Largest probability of a class. */
  readonly largest: Float64Array;
  /** Shannon entropy of the probabilities, in nats: 0 is certain, ln(classes) knows nothing. */
  readonly entropy: Float64Array;
}

/** Sureness of each row of scores. With a class of its own for "none of them", that class is no answer: its probability is spread evenly over
 *  the others, so that being sure of it is being unsure of everything else. Shapes: scores [rows × classes]. `none`: that class, or −1. */
export const surenessOf = (scores: Float32Array, classes: number, none: number): Sureness => {
  const rows = scores.length / classes;
  const [largest, entropy] = [new Float64Array(rows), new Float64Array(rows)];
  for (let row = 0; row < rows; row++) {
    const shares = probabilities(scores, row * classes, classes);
    const spread = none < 0 ? 0 : shares[none]! / (classes - 1);
    let [most, sum] = [0, 0];
    for (let label = 0; label < classes; label++) {
      if (label === none) continue;
      const share = shares[label]! + spread;
      most = Math.max(most, share);
      if (share > 0) sum -= share * Math.log(share);
    }
    largest[row] = most;
    entropy[row] = sum;
  }
  return { largest, entropy };
};

/** The least score that keeps this share of items, none of them `refused` (they are lost whatever the threshold). −∞ where too many are.
 *  Ties with the threshold are kept. */
export const thresholdFor = (scores: ArrayLike<number>, refused: ArrayLike<number>, keep: number): number => {
  const kept = Array.from(scores)
    .filter((_, at) => refused[at] === 0)
    .sort((a, b) => b - a);
  const wanted = Math.ceil(keep * scores.length - 1e-9);
  return wanted > kept.length ? Number.NEGATIVE_INFINITY : kept[Math.max(0, wanted - 1)]!;
};
