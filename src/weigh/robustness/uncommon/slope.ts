import type { Random } from '../../../contracts/index.ts';
import { quantile } from '../../../statistics/index.ts';

export interface Slope {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Newton's method for the weighted logistic regression of `yes` on `x` with a standard normal prior on the slope.
 *  Returns intercept and slope. Source: as scikit-learn's LogisticRegression(C=1), which does not penalize the intercept either. */
export const logistic = (
  x: Float64Array,
  yes: Uint8Array,
  weights: ArrayLike<number> | null = null,
  start: readonly [number, number] = [0, 0],
): readonly [number, number] => {
  let [a, b] = start;
  for (let step = 0; step < 50; step++) {
    let [ga, gb, haa, hab, hbb] = [0, -b, 0, 0, 1];
    for (let item = 0; item < x.length; item++) {
      const weight = weights === null ? 1 : weights[item]!;
      if (weight === 0) continue;
      const value = x[item]!;
      const p = 1 / (1 + Math.exp(-(a + b * value)));
      const rest = weight * (yes[item]! - p);
      const curve = weight * Math.max(p * (1 - p), 1e-10);
      ga += rest;
      gb += rest * value;
      haa += curve;
      hab += curve * value;
      hbb += curve * value * value;
    }
    const size = haa * hbb - hab * hab;
    // Steps of at most 2 in log odds keep a flat start from running away.
    const da = Math.min(2, Math.max(-2, (hbb * ga - hab * gb) / size));
    const db = Math.min(2, Math.max(-2, (haa * gb - hab * ga) / size));
    a += da;
    b += db;
    if (Math.abs(da) + Math.abs(db) < 1e-9) break;
  }
  return [a, b];
};

/** Fewest of either outcome that a slope is fitted to. */
export const fewestOutcomes = 10;

/** How the log odds of a yes change per standard deviation of x, with a bootstrap interval over items. Null where x is constant or either
 *  outcome occurs fewer than ten times. Shapes: x and yes [items]. */
export const slopeOf = (
  x: Float64Array,
  yes: Uint8Array,
  confidence: number,
  replicates: number,
  random: Random,
): Slope | null => {
  const n = x.length;
  const count = yes.reduce((sum, one) => sum + one, 0);
  if (count < fewestOutcomes || n - count < fewestOutcomes) return null;
  const mean = x.reduce((sum, one) => sum + one, 0) / n;
  const deviation = Math.sqrt(x.reduce((sum, one) => sum + (one - mean) ** 2, 0) / n);
  if (!(deviation > 1e-12)) return null;
  const standard = x.map((one) => (one - mean) / deviation);
  const whole = logistic(standard, yes);
  const weights = new Uint16Array(n);
  const slopes = Float64Array.from({ length: replicates }, () => {
    weights.fill(0);
    for (let taken = 0; taken < n; taken++) weights[random.integer(n)]! += 1;
    return logistic(standard, yes, weights, whole)[1];
  }).sort();
  const tail = (1 - confidence) / 2;
  return {
    value: whole[1],
    low: Math.min(whole[1], quantile(slopes, tail)),
    high: Math.max(whole[1], quantile(slopes, 1 - tail)),
  };
};
