import type { Predictions, Random } from '../../../contracts/index.ts';
import { bootstrap, bootstrapMean, mean, pAbove, seeded } from '../../../statistics/index.ts';
import type { Case } from '../../../statistics/testing/case.ts';
import { factsOf, figureIds } from '../calibration-facts.ts';
import { differenceInterval, ownInterval } from '../calibration-intervals.ts';
import { divergence, quantileInterval } from '../distance-metrics.ts';
import { logRows } from '../log-probabilities.ts';

const confidence = 0.95;
const alpha = 0.05;
const draws = 300;

interface Pair {
  readonly truth: Int32Array;
  readonly baseline: Predictions;
  readonly version: Predictions;
}

/** Two classes: the truth follows the first logit; the baseline is too sure by the first factor, the version sees it blurred and is too sure by
 *  the second. */
const draw = (n: number, first: number, second: number, random: Random): Pair => {
  const truth = new Int32Array(n);
  const [a, b] = [new Float32Array(2 * n), new Float32Array(2 * n)];
  for (let i = 0; i < n; i++) {
    const z = 2.2 + 1.8 * random.normal();
    truth[i] = random.next() < 1 / (1 + Math.exp(-z)) ? 1 : 0;
    a[2 * i + 1] = first * z;
    b[2 * i + 1] = second * (z + 0.4 * random.normal());
  }
  const answers = (scores: Float32Array): Predictions => ({
    labels: ['no', 'yes'],
    predicted: Int32Array.from({ length: n }, (_, i) => (scores[2 * i + 1]! > 0 ? 1 : 0)),
    scores,
    truncated: 0,
  });
  return { truth, baseline: answers(a), version: answers(b) };
};

const factsFor = (predictions: Predictions, truth: Int32Array) => {
  const rows = [...truth.keys()];
  return factsOf(
    predictions,
    rows,
    truth,
    rows.map((row) => row % 2 === 0),
  );
};

const truths = new Map<string, { readonly own: Float64Array; readonly difference: Float64Array }>();
/** The figures of a very large sample. */
const truthFor = (first: number, second: number) => {
  const key = `${first} ${second}`;
  const known = truths.get(key);
  if (known !== undefined) return known;
  const { truth, baseline, version } = draw(400_000, first, second, seeded(1, `truth ${key}`));
  const [before, own] = [baseline, version].map((one) => factsFor(one, truth).figures()) as [
    Float64Array,
    Float64Array,
  ];
  const found = { own, difference: own.map((value, at) => value - before[at]!) };
  truths.set(key, found);
  return found;
};

type Figure = (typeof figureIds)[number];

const figureCase = (
  figure: Figure,
  kind: 'own' | 'difference' | 'gate',
  n: number,
  [first, second]: readonly [number, number],
  more: Partial<Case> = {},
): Case => {
  const at = figureIds.indexOf(figure);
  const name = {
    own: 'interval of',
    difference: 'interval of a difference of',
    gate: 'gate at the true difference of',
  }[kind];
  return {
    name: `${name} ${figure}, n ${n}, logits ${first} and ${second} times as large as they should be`,
    what: kind === 'gate' ? 'false claims' : 'coverage',
    from: kind === 'gate' ? 0 : 0.93,
    to: kind === 'gate' ? alpha + 0.01 : 0.97,
    slow: true,
    once: (random) => {
      const { own, difference } = truthFor(first, second);
      const { truth, baseline, version } = draw(n, first, second, random);
      const [before, after] = [baseline, version].map((one) => factsFor(one, truth));
      const [drawnBefore, drawnAfter] = [new Float64Array(draws), new Float64Array(draws)];
      let drawn = 0;
      bootstrap(
        n,
        (weights) => {
          drawnBefore[drawn] = before!.figures(weights)[at]!;
          drawnAfter[drawn] = after!.figures(weights)[at]!;
          return drawn++;
        },
        { replicates: draws, confidence, random },
      );
      const value = after!.figures()[at]!;
      if (kind === 'own') {
        const { low, high } = ownInterval(drawnAfter, value, after!.chance[at]!, confidence);
        return low <= own[at]! && own[at]! <= high;
      }
      const change = value - before!.figures()[at]!;
      const { low, high, evidence } = differenceInterval(
        drawnAfter,
        drawnBefore,
        change,
        after!.chance[at] !== null,
        confidence,
      );
      if (kind === 'difference') return low <= difference[at]! && difference[at]! <= high;
      // "Calibration error is worse than by so much": false, it is worse by exactly so much.
      const comparison = { kind: 'difference', value: change, low, high, evidence, method: '' } as const;
      return pAbove(comparison, difference[at]!, n) <= alpha;
    },
    ...more,
  };
};

/** Distances of two versions, row by row. */
const distances = (n: number, random: Random): Float64Array => {
  const { baseline, version } = draw(n, 1, 1.3, random);
  const [a, b] = [logRows(baseline), logRows(version)];
  const [x, y] = [new Float64Array(2), new Float64Array(2)];
  return Float64Array.from({ length: n }, (_, row) => {
    a.read(row, x);
    b.read(row, y);
    return divergence(x, y);
  });
};
let sample: Float64Array | null = null;
const manyDistances = (): Float64Array => (sample ??= distances(400_000, seeded(1, 'distances')).sort());

const distanceCase = (
  name: string,
  n: number,
  truth: () => number,
  interval: (values: Float64Array, random: Random) => { low: number; high: number },
  to: number,
): Case => ({
  name: `interval of the ${name} distance, n ${n}`,
  what: 'coverage',
  from: 0.93,
  to,
  once: (random) => {
    const { low, high } = interval(distances(n, random), random);
    return low <= truth() && truth() <= high;
  },
});

const sure = [1.5, 2.2] as const;
/** Every promise about calibration and distance that can be simulated. */
export const calibrationCases: readonly Case[] = [
  figureCase('ece', 'own', 300, sure, { to: 0.995 }),
  figureCase('ece', 'own', 1000, sure, { to: 0.99 }),
  // Nearly no error: the interval may reach to 0 and covers more.
  figureCase('ece', 'own', 1000, [1, 1], { to: 1 }),
  figureCase('ece-equal-mass', 'own', 1000, sure, { to: 0.99 }),
  figureCase('ece', 'difference', 300, sure, { to: 0.99 }),
  figureCase('ece', 'difference', 1000, sure, { to: 0.99 }),
  figureCase('ece', 'difference', 1000, [1, 1], { to: 0.995 }),
  figureCase('ece-equal-mass', 'difference', 1000, sure, { to: 0.99 }),
  figureCase('ece', 'gate', 1000, sure),
  figureCase('brier', 'difference', 1000, sure),
  figureCase('nll', 'difference', 1000, sure),
  figureCase('selective-accuracy', 'own', 1000, sure),
  figureCase('selective-accuracy', 'difference', 1000, sure),
  figureCase('temperature', 'own', 1000, sure),
  figureCase('temperature', 'difference', 1000, sure),
  distanceCase(
    'mean',
    600,
    () => mean(manyDistances()),
    (values, random) => bootstrapMean(values, { confidence, random, replicates: draws }),
    0.97,
  ),
  distanceCase(
    '95th percentile of the',
    600,
    () => manyDistances()[380_000]!,
    (values) => quantileInterval(values.sort(), 0.95, confidence),
    0.985,
  ),
];
