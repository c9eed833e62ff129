import type { Gate, Measurement, MetricSpec } from '../contracts/index.ts';
import { boundariesOf, fewestFlips, normalCdf, normalQuantile, powerSpending } from '../statistics/index.ts';
import { hold, type Demand } from './demand.ts';
import { expandGates } from './gates.ts';

/** Where a version stands at one of several looks. */
export interface Standing {
  /** How far the conditions are from being met, summed, each relative to its own limit; 0: all seem to hold. */
  readonly misses: number;
  /** A condition fails by its test at this look's level. */
  readonly hopeless: boolean;
}

/** One of several looks at growing data. */
export interface LookAt {
  /** Rows answered at each look, ascending; the last look answers all. */
  readonly rows: readonly number[];
  /** Index of this look. */
  readonly at: number;
  /** Whether a metric is about the rows: its later numbers contain the earlier ones. Others (times) are measured anew at each look. */
  readonly ofRows: (metric: string) => boolean;
}

/** Times, sizes and shares below this are as good as 0 for a relative distance. */
const leastScale = 0.005;
/** A condition that is missed by more is missed altogether. */
const mostMiss = 100;

/** One-sided levels of the single looks at growing data, such that the claim of any of them is wrong with probability at most `alpha`: error
 *  spending α·t in the share t of the rows. Source: Lan & DeMets 1983; Kim & DeMets 1987. */
export const lookLevels = (rows: readonly number[], alpha: number): readonly number[] => {
  const total = rows.at(-1)!;
  return boundariesOf(
    rows.map((n) => n / total),
    alpha,
    powerSpending(1),
  ).map((boundary) => normalCdf(-boundary));
};

/** The side of a limit on which the condition holds. */
const sideOf = ({ limit }: Gate, metric: MetricSpec): { readonly limit: number; readonly most: boolean } => {
  if (limit.kind !== 'worse-by-at-most') return { limit: limit.value, most: limit.kind === 'at-most' };
  const center = metric.versus === 'ratio' ? 1 : 0;
  const most = metric.better !== 'higher';
  return { limit: most ? center + limit.value : center - limit.value, most };
};

/** How far a number lies on the wrong side, relative to the limit as the scenario states it. */
const distance = (value: number, gate: Gate, metric: MetricSpec): number => {
  const { limit, most } = sideOf(gate, metric);
  const beyond = most ? value - limit : limit - value;
  return Math.min(mostMiss, Math.max(0, beyond) / Math.max(Math.abs(gate.limit.value), leastScale));
};

const missOf = (demand: Demand, metric: MetricSpec, alpha: number, confidence: number, last: boolean): number => {
  const { gate } = demand;
  if (demand.kind === 'open') return 0;
  if (demand.kind === 'known') return demand.met ? 0 : distance(demand.value, gate, metric);
  if (last) return demand.pass <= alpha ? 0 : distance(demand.bound, gate, metric);
  // The benefit of the doubt: one standard error.
  const error = Math.abs(demand.bound - demand.value) / normalQuantile(confidence);
  return distance(demand.value + (sideOf(gate, metric).most ? -error : error), gate, metric);
};

/** Few answers that changed sides make a skewed test, so such an early claim waits. */
const tooFewFlips = (gate: Gate, measurements: readonly Measurement[]): boolean => {
  const found = measurements.find(({ metric, slice }) => metric === gate.metric && slice === gate.slice);
  const evidence = found?.versus?.evidence;
  return (
    gate.limit.kind === 'worse-by-at-most' &&
    evidence?.kind === 'pairs' &&
    evidence.onlyBaselineRight + evidence.onlyCandidateRight < fewestFlips
  );
};

/** Where a version stands against the conditions at one of several looks. Conditions on what was not measured at this look say nothing.
 *
 *  `misses`: at the last look by the side of the interval that has to be proven, which is what a verdict goes by; before it by the number
 *  itself with one standard error of benefit of the doubt, so that few rows do not sort versions by chance.
 *
 *  `hopeless`: the error rate α = 1 − confidence is divided by the number of conditions. What is left for a condition about the rows is spent
 *  over the looks as the rows grow (α·t); for one that is measured anew at each look it is divided by the number of looks. So a version
 *  that meets all conditions is dropped at any look with probability at most α. Before the last look no claim rests on fewer than 20 changed
 *  answers. A condition on an exact number that is not met is hopeless at once. */
export const standing = (
  gates: readonly Gate[],
  baseline: readonly Measurement[],
  measurements: readonly Measurement[],
  metrics: readonly MetricSpec[],
  confidence: number,
  look: LookAt,
): Standing => {
  const demands = expandGates(gates, baseline).map((gate) => hold(gate, measurements, metrics, confidence));
  const alpha = (1 - confidence) / Math.max(1, demands.filter(({ kind }) => kind === 'tested').length);
  const last = look.at === look.rows.length - 1;
  const levels = lookLevels(look.rows, alpha);
  let [misses, hopeless] = [0, false];
  for (const demand of demands) {
    const { gate } = demand;
    const metric = metrics.find(({ id }) => id === gate.metric);
    if (metric === undefined) continue;
    misses += missOf(demand, metric, alpha, confidence, last);
    if (demand.kind === 'known') hopeless ||= !demand.met;
    if (demand.kind !== 'tested' || (!last && tooFewFlips(gate, measurements))) continue;
    const level = look.ofRows(gate.metric) ? levels[look.at]! : alpha / look.rows.length;
    hopeless ||= demand.fail <= level;
  }
  return { misses, hopeless };
};
