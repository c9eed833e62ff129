import {
  caveatText,
  fewestItems,
  lackIn,
  refusalText,
  type Comparison,
  type Gate,
  type Measurement,
  type MetricSpec,
} from '../contracts/index.ts';
import {
  examplesNeeded,
  knowledgeOf,
  lowerBound,
  normalQuantile,
  ownBounds,
  pAbove,
  pBelow,
  pOwnAbove,
  pOwnBelow,
  pairsNeeded,
  samplesForSlack,
  upperBound,
} from '../statistics/index.ts';
import { againstOriginal, counted, foundText, inPercent, inUnit, named } from './words.ts';

/** A condition that nothing can be held against, with the reason. */
export interface Open {
  readonly kind: 'open';
  readonly gate: Gate;
  readonly reason: string;
}

/** A condition on a number that is known exactly. */
export interface Known {
  readonly kind: 'known';
  readonly gate: Gate;
  readonly value: number;
  readonly met: boolean;
  readonly sentence: string;
}

/** A condition on a number known by a sample, before the correction for judging several at once. */
export interface Tested {
  readonly kind: 'tested';
  readonly gate: Gate;
  readonly value: number;
  /** The side of the interval that decides, one-sided at the stated confidence. */
  readonly bound: number;
  /** One-sided p-values: small `pass` proves that the condition is met, small `fail` that it is not. */
  readonly pass: number;
  readonly fail: number;
  readonly sentence: string;
  /** Samples that would decide it at an error rate with 80 % power if the numbers stay as they are; null when none would. */
  readonly needed: (alpha: number) => number | null;
}

export type Demand = Open | Known | Tested;

/** Rounding alone never breaks an exact limit. */
const equal = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(a), Math.abs(b));

const finite = (count: number): number | null => (Number.isFinite(count) && count < 1e12 ? count : null);

/** Standard error of a number whose one-sided bound at a confidence is known. */
const errorOf = (value: number, bound: number, confidence: number): number =>
  Math.abs(bound - value) / normalQuantile(confidence);

const ownDemand = (gate: Gate, metric: MetricSpec, measured: Measurement, confidence: number): Demand => {
  const limit = gate.limit.value;
  const most = gate.limit.kind === 'at-most';
  const { value } = measured;
  const demand = `demanded ${most ? 'at most' : 'at least'} ${inUnit(limit, metric.unit)}`;
  const known = knowledgeOf(measured);
  const found = foundText(metric, gate.slice, value);
  if (known.kind === 'exact') {
    const met = equal(value, limit) || (most ? value < limit : value > limit);
    return { kind: 'known', gate, value, met, sentence: `${found}; ${demand}` };
  }
  const { lower, upper } = ownBounds(measured, confidence);
  const bound = most ? upper : lower;
  const [below, above] = [pOwnBelow(measured, limit), pOwnAbove(measured, limit)];
  const toLimit = limit > value ? upper : lower;
  return {
    kind: 'tested',
    gate,
    value,
    bound,
    pass: most ? below : above,
    fail: most ? above : below,
    sentence: `${found}, with ${inPercent(confidence)} confidence ${most ? 'at most' : 'at least'} ${inUnit(bound, metric.unit)}; ${demand}`,
    needed: (alpha) =>
      finite(
        known.kind === 'count'
          ? examplesNeeded(value, limit, { alpha })
          : samplesForSlack(measured.samples, errorOf(value, toLimit, confidence), Math.abs(limit - value), { alpha }),
      ),
  };
};

/** How many answers changed sides: ", 3 of 2,000 answers became wrong and 5 became right". */
const countsOf = (metric: MetricSpec, { evidence }: Comparison): string => {
  if (evidence.kind !== 'pairs') return '';
  const { bothRight, bothWrong, onlyBaselineRight: lost, onlyCandidateRight: won } = evidence;
  const n = bothRight + bothWrong + lost + won;
  // Metrics of which less is better count what is wrong.
  const [wrong, right] = metric.better === 'lower' ? [won, lost] : [lost, won];
  return ` (of ${counted(n, 'answer')} ${wrong} became wrong and ${right} became right)`;
};

const demandOf = (metric: MetricSpec, margin: number, limit: number): string =>
  margin === 0
    ? 'demanded no worse'
    : margin > 0
      ? `allowed ${againstOriginal(metric, limit)}`
      : `demanded ${againstOriginal(metric, limit)} or better`;

const relativeNeeded = (versus: Comparison, samples: number, limit: number, bound: number, confidence: number) => {
  const { evidence, value } = versus;
  const slack = Math.abs(value - limit);
  return (alpha: number): number | null => {
    if (slack === 0) return null;
    if (evidence.kind !== 'pairs')
      return finite(samplesForSlack(samples, errorOf(value, bound, confidence), slack, { alpha }));
    const { bothRight, bothWrong, onlyBaselineRight: b, onlyCandidateRight: c } = evidence;
    const n = bothRight + bothWrong + b + c;
    return n === 0 ? null : finite(pairsNeeded((b + c) / n, slack, { alpha }));
  };
};

const relativeDemand = (
  gate: Gate,
  metric: MetricSpec,
  versus: Comparison,
  samples: number,
  confidence: number,
): Demand => {
  const margin = gate.limit.value;
  const higher = metric.better === 'higher';
  const center = versus.kind === 'ratio' ? 1 : 0;
  const limit = higher ? center - margin : center + margin;
  const { value } = versus;
  const found = `${named(metric, gate.slice)} is ${againstOriginal(metric, value)}`;
  const demand = demandOf(metric, margin, limit);
  if (versus.evidence.kind === 'exact') {
    const met = equal(value, limit) || (higher ? value > limit : value < limit);
    return { kind: 'known', gate, value, met, sentence: `${found}; ${demand}` };
  }
  const bound = (higher ? lowerBound : upperBound)(versus, confidence, samples);
  const [above, below] = [pAbove(versus, limit, samples), pBelow(versus, limit, samples)];
  const toLimit = (limit < value ? lowerBound : upperBound)(versus, confidence, samples);
  return {
    kind: 'tested',
    gate,
    value,
    bound,
    pass: higher ? above : below,
    fail: higher ? below : above,
    sentence: `${found}${countsOf(metric, versus)}, with ${inPercent(confidence)} confidence at worst ${againstOriginal(metric, bound)}; ${demand}`,
    needed: relativeNeeded(versus, samples, limit, toLimit, confidence),
  };
};

/** Why a slice is missing: slices that are too small are refused by name on their metric as a whole, or on what counts them. */
const refusedAmong = (measurements: readonly Measurement[], metric: string, slice: string): string | null =>
  measurements
    .filter((one) => one.slice === undefined)
    .toSorted((a, b) => Number(b.metric === metric) - Number(a.metric === metric))
    .flatMap(({ refused }) => refused ?? [])
    .filter((one) => one.slice === slice)
    .map(refusalText)[0] ?? null;

/** Hold one condition against one version's measurements. Own values: exact binomial test for counted shares, otherwise Student's t on the
 *  interval. Against the original: Tango's score test for paired answers, the paired bootstrap otherwise. What was not measured, has no
 *  value, or is a share of a slice of fewer than 30 items stays open. `confidence` from above 0.5 to below 1. */
export const hold = (
  gate: Gate,
  measurements: readonly Measurement[],
  metrics: readonly MetricSpec[],
  confidence: number,
): Demand => {
  const open = (reason: string): Open => ({ kind: 'open', gate, reason });
  const metric = metrics.find(({ id }) => id === gate.metric);
  if (metric === undefined) return open(`no evaluator measures "${gate.metric}"`);
  const measured = measurements.find((one) => one.metric === gate.metric && one.slice === gate.slice);
  if (measured === undefined) {
    if (gate.slice === '*')
      return open('the data names no groups (data.columns.groups), so nothing shows who is affected');
    const refused = gate.slice === undefined ? null : refusedAmong(measurements, gate.metric, gate.slice);
    return open(`${named(metric, gate.slice)} was not measured${refused === null ? '' : `: ${refused}`}`);
  }
  if (!Number.isFinite(measured.value)) {
    const caveat = caveatText(measured);
    return open(`${named(metric, gate.slice)} has no value${caveat === undefined ? '' : `: ${lackIn(caveat)}`}`);
  }
  if (measured.slice !== undefined && measured.unit === 'proportion' && measured.samples < fewestItems)
    return open(
      `${named(metric, gate.slice)} was seen on too few items to judge it: ${measured.samples} of the ${fewestItems} it takes`,
    );
  if (gate.limit.kind !== 'worse-by-at-most') return ownDemand(gate, metric, measured, confidence);
  if (metric.better === 'neither')
    return open(`${named(metric, gate.slice)} has no better side: demand at-most or at-least instead`);
  const { versus } = measured;
  if (versus === undefined)
    return open(caveatText(measured) ?? `${named(metric, gate.slice)} was not compared with the original`);
  if (!Number.isFinite(versus.value))
    return open(caveatText(measured) ?? `${named(metric, gate.slice)} has no value against the original`);
  return relativeDemand(gate, metric, versus, measured.samples, confidence);
};
