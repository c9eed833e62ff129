import { normalCdf, seeded } from '../../statistics/index.ts';
import type { Believed } from './beliefs.ts';
import { gainOf, nondominated } from './hypervolume.ts';
import { crowdingOf } from './ranking.ts';

/** Where gains are measured: each objective from its best (0) to somewhat beyond where good points end (1). */
export interface Scale {
  readonly low: readonly number[];
  readonly range: readonly number[];
}

/** More members of a front make its volume slow to compute. */
const mostOnFront = 24;

/** The scale of what is believed about the points looked at: from the best that is likely to meet the conditions to a tenth beyond the worst of their
 *  front, or their third quartile where the front is a single point. */
export const scaleOf = (seen: readonly Believed[], noise: readonly number[]): Scale => {
  const likely = seen.filter(({ feasible }) => feasible >= 0.5);
  const pool = (likely.length > 0 ? likely : seen).map(({ means }) => means);
  const front = nondominated(pool);
  const low = noise.map((_, i) => Math.min(...pool.map((means) => means[i]!)));
  const range = noise.map((error, i) => {
    const values = pool.map((means) => means[i]!).toSorted((a, b) => a - b);
    const high = Math.max(...front.map((means) => means[i]!), values[Math.floor(0.75 * (values.length - 1))]!);
    return Math.max(1.1 * (high - low[i]!), 3 * error, 1e-9);
  });
  return { low, range };
};

/** Points already held, as a front that has to be beaten. */
export interface Held {
  /** Normalized, moved to the better side by the noise of a look: what is inside the noise is no gain. */
  readonly front: readonly (readonly number[])[];
  /** The best first objective, moved likewise; Infinity when nothing is held. */
  readonly first: number;
}

/** The front of points that are held. Those that are unlikely to meet the conditions hold nothing. */
export const heldBy = (points: readonly Believed[], scale: Scale, noise: readonly number[]): Held => {
  const normal = points
    .filter(({ feasible }) => feasible >= 0.5)
    .map(({ means }) => means.map((value, i) => (value - noise[i]! - scale.low[i]!) / scale.range[i]!));
  let front = nondominated(normal);
  if (front.length > mostOnFront) {
    const crowding = crowdingOf(front.map((objectives) => ({ objectives, misses: 0 })));
    const order = front.map((_, index) => index).toSorted((a, b) => crowding[b]! - crowding[a]! || a - b);
    front = order.slice(0, mostOnFront).map((index) => front[index]!);
  }
  return { front, first: Math.min(...normal.map((one) => one[0]!)) };
};

/** E[max(0, best − X)] of a normal X. Source: Jones, Schonlau & Welch 1998, eq. 15. */
const improvement = (best: number, mean: number, sd: number): number => {
  const z = (best - mean) / sd;
  return sd * (z * normalCdf(z) + Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI));
};

/** Fixed draws of a standard normal for each objective, in opposite pairs. */
const drawsOf = (objectives: number, pairs: number): number[][] => {
  const random = seeded(0, 'draws of gains');
  return Array.from({ length: pairs }, () => Array.from({ length: objectives }, () => random.normal())).flatMap(
    (draw) => [draw, draw.map((z) => -z)],
  );
};

/** What looking at each point is expected to gain: the growth of the dominated volume, and the improvement of the first objective, both of the
 *  normalized objectives, times the probability that the conditions hold. What gains nothing is ordered by what it would gain at best, so that no
 *  two points are alike by accident. Only the most promising are computed by draws.
 *  Source: Emmerich, Giannakoglou & Naujoks 2006 (expected hypervolume improvement); Gardner et al. 2014 (constraints). */
export const gainsOf = (points: readonly Believed[], held: Held, scale: Scale): Float64Array => {
  const size = scale.low.length;
  const reference = scale.low.map(() => 1);
  const few = size > 2;
  const normal = points.map(({ means, sds }) => ({
    means: means.map((value, i) => (value - scale.low[i]!) / scale.range[i]!),
    sds: sds.map((sd, i) => Math.max(1e-9, sd / scale.range[i]!)),
  }));
  const hoped = normal.map(({ means, sds }, at) => {
    const best = means.map((value, i) => value - sds[i]!);
    const spread = sds.reduce((sum, sd) => sum + sd, 0);
    return points[at]!.feasible * (gainOf(best, held.front, reference) + 0.05 * Math.min(1, spread));
  });
  const order = points.map((_, index) => index).toSorted((a, b) => hoped[b]! - hoped[a]! || a - b);
  const draws = drawsOf(size, few ? 4 : 10);
  const gains = Float64Array.from(hoped, (hope) => 1e-6 * hope);
  for (const index of order.slice(0, few ? 40 : 80)) {
    const { means, sds } = normal[index]!;
    let volume = 0;
    for (const draw of draws)
      volume += gainOf(
        means.map((value, i) => value + sds[i]! * draw[i]!),
        held.front,
        reference,
      );
    const first = improvement(Math.min(1, held.first), means[0]!, sds[0]!);
    gains[index]! += points[index]!.feasible * (volume / draws.length + first);
  }
  return gains;
};
