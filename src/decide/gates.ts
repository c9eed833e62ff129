import type { Comparison, Gate, GateResult, Measurement, MetricSpec, Verdict } from '../contracts/index.ts';
import { holm, lowerBound, normalQuantile, ownBounds, pAbove, pBelow, pOwnAbove, pOwnBelow, upperBound } from '../statistics/index.ts';
import { againstOriginal, inUnit, named } from './words.ts';

/** A gate on slice "*" stands for every slice of that metric that was measured. With no slices there is nothing to hold it against,
 *  and it stays as it is: judged undecided. */
export const expandGates = (gates: readonly Gate[], baseline: readonly Measurement[]): Gate[] =>
  gates.flatMap((gate) => {
    if (gate.slice !== '*') return [gate];
    const slices = baseline.flatMap(({ metric, slice }) =>
      metric === gate.metric && slice !== undefined ? [slice] : [],
    );
    return slices.length === 0 ? [gate] : slices.map((slice) => ({ ...gate, slice }));
  });

/** One gate held against one measurement, before the correction for judging several at once. */
interface Case {
  readonly gate: Gate;
  readonly metric: MetricSpec;
  readonly value: number;
  /** The side of the interval that decides, at the stated confidence, one-sided. */
  readonly bound: number;
  /** One-sided p-values of "not met" and of "met"; null for exact numbers. */
  readonly pass: number | null;
  readonly fail: number | null;
  /** Exact numbers only. */
  readonly met: boolean | null;
  readonly sentence: string;
  readonly needed: ((alpha: number) => number | undefined) | null;
}

interface Open {
  readonly gate: Gate;
  readonly reason: string;
}

/** 80 % power. */
const powerZ = 0.8416;

/** Answers needed so that a margin is proven with 80 % power if the observed difference is the true one. */
const pairsNeeded = (comparison: Comparison, slack: number, margin: number, alpha: number): number | undefined => {
  if (comparison.evidence.kind !== 'pairs' || !(slack > 0)) return undefined;
  const { bothRight, onlyBaselineRight: b, onlyCandidateRight: c, bothWrong } = comparison.evidence;
  const n = bothRight + b + c + bothWrong;
  const z = -normalQuantile(alpha);
  const share = (b + c) / n;
  return Math.ceil(Math.max(((z + powerZ) ** 2 * share) / slack ** 2, (z * z * (1 - margin)) / Math.max(margin, 1e-9)));
};

/** More of the same data narrows an interval with the square root of its size. */
const widthNeeded = (samples: number, value: number, bound: number, limit: number): number | undefined => {
  const slack = Math.abs(limit - value);
  const reach = Math.abs(bound - value);
  return slack === 0 || reach <= slack ? undefined : Math.ceil(samples * (reach / slack) ** 2);
};

const ownCase = (gate: Gate, metric: MetricSpec, measured: Measurement, confidence: number): Case => {
  const limit = gate.limit.value;
  const most = gate.limit.kind === 'at-most';
  const exact = measured.low === measured.high;
  const sides = exact ? null : { pBelow: pOwnBelow(measured, limit), pAbove: pOwnAbove(measured, limit) };
  const { lower, upper } = ownBounds(measured, confidence);
  const bound = most ? upper : lower;
  const demand = `${most ? 'at most' : 'at least'} ${inUnit(limit, metric.unit)}`;
  const sentence = exact
    ? `${named(metric, gate.slice)} is ${inUnit(measured.value, metric.unit)}, demanded ${demand}`
    : `${named(metric, gate.slice)} is ${inUnit(measured.value, metric.unit)}, with ${confidence * 100} % confidence ${most ? 'at most' : 'at least'} ${inUnit(bound, metric.unit)}; demanded ${demand}`;
  return {
    gate,
    metric,
    value: measured.value,
    bound,
    met: exact ? (most ? measured.value <= limit : measured.value >= limit) : null,
    pass: sides === null ? null : most ? sides.pBelow : sides.pAbove,
    fail: sides === null ? null : most ? sides.pAbove : sides.pBelow,
    sentence,
    needed: exact ? null : () => widthNeeded(measured.samples, measured.value, bound, limit),
  };
};

const relativeCase = (
  gate: Gate,
  metric: MetricSpec,
  measured: Measurement,
  versus: Comparison,
  confidence: number,
): Case => {
  const margin = gate.limit.value;
  const higher = metric.better === 'higher';
  const center = versus.kind === 'ratio' ? 1 : 0;
  const limit = higher ? center - margin : center + margin;
  const exact = versus.evidence.kind === 'exact';
  const bound = higher ? lowerBound(versus, confidence) : upperBound(versus, confidence);
  const pairs = versus.evidence.kind === 'pairs' ? versus.evidence : null;
  const counts =
    pairs === null
      ? ''
      : ` (of ${(pairs.bothRight + pairs.bothWrong + pairs.onlyBaselineRight + pairs.onlyCandidateRight).toLocaleString('en-US')} answers ${pairs.onlyBaselineRight} became wrong and ${pairs.onlyCandidateRight} became right)`;
  const demand =
    margin === 0
      ? 'demanded no worse'
      : margin > 0
        ? `allowed ${againstOriginal(metric, limit)}`
        : `demanded ${againstOriginal(metric, limit)} or better`;
  const sentence = exact
    ? `${named(metric, gate.slice)} is ${againstOriginal(metric, versus.value)}; ${demand}`
    : `${named(metric, gate.slice)} is ${againstOriginal(metric, versus.value)}${counts}, with ${confidence * 100} % confidence at worst ${againstOriginal(metric, bound)}; ${demand}`;
  return {
    gate,
    metric,
    value: versus.value,
    bound,
    met: exact ? (higher ? versus.value >= limit : versus.value <= limit) : null,
    pass: exact ? null : higher ? pAbove(versus, limit) : pBelow(versus, limit),
    fail: exact ? null : higher ? pBelow(versus, limit) : pAbove(versus, limit),
    sentence,
    needed: exact
      ? null
      : (alpha) =>
          versus.evidence.kind === 'pairs'
            ? pairsNeeded(versus, higher ? versus.value - limit : limit - versus.value, Math.abs(margin), alpha)
            : widthNeeded(measured.samples, versus.value, bound, limit),
  };
};

const caseOf = (
  gate: Gate,
  measurements: readonly Measurement[],
  metrics: readonly MetricSpec[],
  confidence: number,
): Case | Open => {
  const metric = metrics.find(({ id }) => id === gate.metric);
  if (metric === undefined) return { gate, reason: `no evaluator measures "${gate.metric}"` };
  const measured = measurements.find((one) => one.metric === gate.metric && one.slice === gate.slice);
  if (measured === undefined)
    return {
      gate,
      reason:
        gate.slice === '*'
          ? 'the data names no groups (data.columns.groups), so nothing shows who is affected'
          : `${named(metric, gate.slice)} was not measured`,
    };
  if (measured.caveat?.startsWith('unreliable') === true) return { gate, reason: measured.caveat };
  if (!Number.isFinite(measured.value))
    return { gate, reason: measured.caveat ?? `${named(metric, gate.slice)} has no value` };
  if (gate.limit.kind !== 'worse-by-at-most') return ownCase(gate, metric, measured, confidence);
  if (measured.versus === undefined)
    return { gate, reason: measured.caveat ?? `${named(metric, gate.slice)} was not compared with the original` };
  return relativeCase(gate, metric, measured, measured.versus, confidence);
};

const isOpen = (one: Case | Open): one is Open => 'reason' in one;

/** Hold a version's measurements against the gates: pass when the demand is proven, fail when its opposite is, otherwise undecided.
 *  Several gates judged at once are corrected by Holm's method, for passing and for failing alike. Exact numbers need no proof.
 *  Nothing that was not measured passes. */
export const judge = (
  gates: readonly Gate[],
  measurements: readonly Measurement[],
  metrics: readonly MetricSpec[],
  confidence: number,
): GateResult[] => {
  const cases = gates.map((gate) => caseOf(gate, measurements, metrics, confidence));
  const statistical = cases.filter((one): one is Case => !isOpen(one) && one.met === null);
  const alpha = 1 - confidence;
  const passes = holm(statistical.map(({ pass }) => pass!));
  const fails = holm(statistical.map(({ fail }) => fail!));
  return cases.map((one): GateResult => {
    if (isOpen(one))
      return {
        gate: one.gate,
        verdict: 'undecided',
        p: null,
        value: Number.NaN,
        bound: Number.NaN,
        reason: one.reason,
      };
    const { gate, value, bound, sentence } = one;
    if (one.met !== null) return { gate, verdict: one.met ? 'pass' : 'fail', p: null, value, bound, reason: sentence };
    const at = statistical.indexOf(one);
    const p = passes[at]!;
    const verdict: Verdict = p <= alpha ? 'pass' : fails[at]! <= alpha ? 'fail' : 'undecided';
    const needed = verdict === 'undecided' ? one.needed?.(alpha / statistical.length) : undefined;
    const advice =
      verdict !== 'undecided'
        ? ''
        : needed === undefined
          ? '; the data does not decide it'
          : `; about ${needed.toLocaleString('en-US')} samples would decide it`;
    return {
      gate,
      verdict,
      p,
      value,
      bound,
      reason: `${sentence}${advice}`,
      ...(needed === undefined ? {} : { samplesNeeded: needed }),
    };
  });
};

/** All gates together: one failure fails, one open question leaves it undecided. */
export const verdictOf = (results: readonly GateResult[]): Verdict =>
  results.some(({ verdict }) => verdict === 'fail')
    ? 'fail'
    : results.some(({ verdict }) => verdict === 'undecided')
      ? 'undecided'
      : 'pass';
