import type { Random } from '../../contracts/index.ts';
import type { outOfScopeMetrics } from './out-of-scope-metrics.ts';
import { rank, separate } from './separation.ts';
import { thresholdFor } from './sureness.ts';

/** What is measured of every version, in this order. */
export interface Field {
  readonly metric: (typeof outOfScopeMetrics)[number]['id'];
  readonly slice?: string;
  /** A share of counted items. */
  readonly counted: boolean;
  readonly samples: number;
}

/** A version's statistics from how often each item counts: usual texts first, then those of no class. */
export type Statistic = (weights: Int32Array | undefined) => number[];

export interface Items {
  readonly inside: number;
  readonly outside: number;
  /** 1 for usual texts that choose thresholds. */
  readonly chooses: Uint8Array;
  readonly keeps: readonly number[];
}

export interface Told {
  readonly scores: { readonly largest: Float64Array; readonly entropy: Float64Array };
  /** 1 where the answer is the class of its own. */
  readonly refused: Uint8Array;
}

const meanOf = (values: ArrayLike<number>, from: number, to: number, weights: Int32Array | undefined): number => {
  let [sum, count] = [0, 0];
  for (let item = from; item < to; item++) {
    const weight = weights === undefined ? 1 : weights[item]!;
    sum += weight * values[item]!;
    count += weight;
  }
  return sum / count;
};

/** Everything about one version that is computed once; what is left depends on the weights. */
export const statisticOf = ({ scores, refused }: Told, items: Items, overconfident: number): Statistic => {
  const { inside, outside, chooses, keeps } = items;
  const all = inside + outside;
  const { largest, entropy } = scores;
  const doubt = entropy.map((one) => -one);
  const rankings = [largest, doubt].map((one) => rank(one.subarray(0, inside), one.subarray(inside)));
  const sure = largest.map((one) => (one >= overconfident ? 1 : 0));
  const choosing = [...chooses.keys()].filter((item) => chooses[item] === 1);
  const thresholds = keeps.map((keep) =>
    thresholdFor(
      choosing.map((item) => largest[item]!),
      choosing.map((item) => refused[item]!),
      keep,
    ),
  );
  const answered = thresholds.map((limit) => largest.map((one, item) => (one >= limit && refused[item] === 0 ? 1 : 0)));
  // The half that chose a threshold does not judge it.
  const judges = Int32Array.from({ length: inside }, (_, item) => 1 - chooses[item]!);
  const judging = new Int32Array(inside);
  return (weights) => {
    const separations = rankings.map((one) => separate(one, 0.95, weights));
    for (let item = 0; item < inside; item++)
      judging[item] = judges[item]! * (weights === undefined ? 1 : weights[item]!);
    return [
      ...separations.flatMap(({ auroc, aupr, fpr }) => [auroc, aupr, fpr]),
      meanOf(sure, inside, all, weights),
      ...answered.flatMap((one) => [1 - meanOf(one, inside, all, weights), meanOf(one, 0, inside, judging)]),
      meanOf(entropy, inside, all, weights),
      meanOf(entropy, 0, inside, weights),
    ];
  };
};

export const fieldsOf = ({ inside, outside, chooses, keeps }: Items): Field[] => {
  const judging = inside - chooses.reduce((sum, one) => sum + one, 0);
  const field = (metric: Field['metric'], samples: number, counted: boolean, slice?: string): Field => ({
    metric,
    samples,
    counted,
    ...(slice === undefined ? {} : { slice }),
  });
  const least = Math.min(inside, outside);
  return [
    ...[undefined, 'score=entropy'].flatMap((slice) => [
      field('out-of-scope-auroc', least, false, slice),
      field('out-of-scope-aupr', least, false, slice),
      field('out-of-scope-fpr95', least, false, slice),
    ]),
    field('out-of-scope-overconfident', outside, true),
    ...keeps.flatMap((keep, at) => {
      const slice = at === 0 ? undefined : `kept=${Number((100 * keep).toFixed(1))} %`;
      return [field('out-of-scope-abstained', outside, true, slice), field('in-scope-kept', judging, true, slice)];
    }),
    field('out-of-scope-entropy', outside, false),
    field('in-scope-entropy', inside, false),
  ];
};

/** Draw usual texts and those of no class separately: how many there are of each is no accident. */
export const draw = (weights: Int32Array, inside: number, outside: number, random: Random): void => {
  weights.fill(0);
  for (let i = 0; i < inside; i++) weights[random.integer(inside)]!++;
  for (let i = 0; i < outside; i++) weights[inside + random.integer(outside)]!++;
};
