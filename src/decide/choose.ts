import type { CandidateVerdict, Gate, GateResult, Measurement, MetricSpec, Verdict } from '../contracts/index.ts';
import { expandGates, judge, verdictOf } from './gates.ts';
import { needsOf } from './needs.ts';
import { dominators, objectiveOf, originalObjective, type Objective, type Placed } from './pareto.ts';
import { uncertainFront, type UncertainFront } from './uncertain-front.ts';
import { againstOriginal, foundText, inUnit, nounOf } from './words.ts';

/** A version with everything that was measured about it. */
export interface Contender {
  readonly id: string;
  readonly measurements: readonly Measurement[];
  /** Techniques in its chain: the simpler of two equals wins. */
  readonly steps: number;
}

export interface Decision extends UncertainFront {
  readonly candidates: readonly CandidateVerdict[];
  readonly chosen: string | null;
  readonly nearest: string | null;
  readonly why: readonly string[];
  readonly front: readonly string[];
  /** Passing versions that cannot be told from the best in the first preferred metric, though their numbers differ. Empty: no such tie. */
  readonly tied: readonly string[];
  /** What would let the nearest miss pass. */
  readonly needs: readonly string[];
}

/** Below this relative difference two versions are equals on a metric, even when both numbers are exact. */
const sameShare = 0.02;

const alike = (a: Objective, b: Objective): boolean =>
  Math.abs(a.value - b.value) <= sameShare * Math.max(Math.abs(a.value), Math.abs(b.value));

/** Whether b is as good as the best a, as far as the measurement can tell. */
const ties = (best: Objective, other: Objective): boolean => {
  if (alike(best, other)) return true;
  if (best.exact && other.exact) return false;
  return best.better === 'lower' ? other.low <= best.high : other.high >= best.low;
};

const best = (objectives: readonly Objective[]): Objective =>
  objectives.reduce((a, b) => ((a.better === 'lower' ? b.value < a.value : b.value > a.value) ? b : a));

/** Names in a sentence; of more than three only the first, as the table has them all. */
const listed = (names: readonly string[]): string =>
  names.length <= 1
    ? (names[0] ?? '')
    : names.length <= 3
      ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`
      : `${names[0]!} and ${names.length - 1} others`;

/** How far the deciding side of an interval lies beyond a gate's limit, relative to the metric's size; 1 when nothing is known. */
const missOf = ({ gate, bound }: GateResult, metrics: readonly MetricSpec[]): number => {
  const metric = metrics.find(({ id }) => id === gate.metric);
  if (metric === undefined || !Number.isFinite(bound)) return 1;
  const { kind, value } = gate.limit;
  if (kind !== 'worse-by-at-most') return Math.abs(bound - value) / Math.max(Math.abs(value), Math.abs(bound), 1e-300);
  const center = metric.versus === 'ratio' ? 1 : 0;
  return Math.abs(bound - (metric.better === 'higher' ? center - value : center + value));
};

/** How far a version is from meeting its gates: failed, open, then the sum of its misses. */
const distance = (
  results: readonly GateResult[],
  metrics: readonly MetricSpec[],
): readonly [number, number, number] => [
  results.filter(({ verdict }) => verdict === 'fail').length,
  results.filter(({ verdict }) => verdict === 'undecided').length,
  results.reduce((sum, result) => sum + (result.verdict === 'pass' ? 0 : missOf(result, metrics)), 0),
];

/** The gates for the original itself: what is demanded against the original is 0 % worse by definition. */
const judgeOriginal = (
  gates: readonly Gate[],
  measurements: readonly Measurement[],
  metrics: readonly MetricSpec[],
  confidence: number,
): Verdict => {
  const own = gates.filter(({ limit }) => limit.kind !== 'worse-by-at-most');
  if (gates.some(({ limit }) => limit.kind === 'worse-by-at-most' && limit.value < 0)) return 'fail';
  return verdictOf(judge(own, measurements, metrics, confidence));
};

/** Bytes on disk: the first exactly known number of bytes; Infinity when there is none. */
const sizeOf = (measurements: readonly Measurement[]): number =>
  measurements.find(({ unit, low, high, slice }) => unit === 'bytes' && low === high && slice === undefined)?.value ??
  Number.POSITIVE_INFINITY;

/** Versions whose numbers differ from the best one's by more than equals do, and yet not by more than the measurement leaves open. */
const openTie = (placed: readonly Placed[]): readonly string[] => {
  const known = placed.flatMap(({ id, objectives: [objective = null] }) =>
    objective === null ? [] : [{ id, objective }],
  );
  if (known.length < 2) return [];
  const top = best(known.map(({ objective }) => objective));
  const equal = known.filter(({ objective }) => ties(top, objective));
  return equal.every(({ objective }) => alike(top, objective)) ? [] : equal.map(({ id }) => id);
};

/** Pick by the preferred metrics in order; equals go on to the next metric, then to the simpler version, then to the smaller one. */
const pick = (
  eligible: readonly (Contender & { readonly at: ReadonlyMap<string, Objective | null> })[],
  prefer: readonly MetricSpec[],
): { readonly id: string; readonly why: string[] } => {
  let left = [...eligible];
  const why: string[] = [];
  for (const spec of prefer) {
    if (left.length === 1) break;
    const placed = left.flatMap((one) => {
      const objective = one.at.get(spec.id) ?? null;
      return objective === null ? [] : [{ one, objective }];
    });
    if (placed.length === 0) {
      why.push(`${nounOf(spec)} was not measured, so it decides nothing`);
      continue;
    }
    const top = best(placed.map(({ objective }) => objective));
    const equal = placed.filter(({ objective }) => ties(top, objective)).map(({ one }) => one);
    if (equal.length < left.length)
      why.push(
        equal.length === 1
          ? `it is the best in ${nounOf(spec)}`
          : `${listed(equal.map(({ id }) => id))} are equally good in ${nounOf(spec)}, as far as the measurement can tell`,
      );
    left = equal;
  }
  if (left.length > 1) {
    const fewest = Math.min(...left.map(({ steps }) => steps));
    const simple = left.filter(({ steps }) => steps === fewest);
    if (simple.length < left.length) why.push('among equals the simpler one is taken');
    left = simple;
  }
  if (left.length > 1) {
    const sizes = left.map(({ measurements }) => sizeOf(measurements));
    const smallest = Math.min(...sizes);
    const small = left.filter((_, index) => sizes[index] === smallest);
    if (small.length < left.length) why.push('among equals the smaller one is taken');
    left = small.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    if (left.length > 1)
      why.push(`${listed(left.map(({ id }) => id))} are equal in everything; the first by name is taken`);
  }
  return { id: left[0]!.id, why };
};

/** Decide: judge every version, find the Pareto front, choose one, say why. The original is always a candidate of its own:
 *  it stays when it meets the gates and nothing better does. Nothing qualifying is an answer too: `chosen` is null, `nearest` the closest miss, and
 *  `needs` what would let it pass. Versions in `except` are judged and not chosen: they did not hold on other data. */
export const decide = (
  gates: readonly Gate[],
  prefer: readonly string[],
  baseline: Contender,
  contenders: readonly Contender[],
  metrics: readonly MetricSpec[],
  confidence: number,
  except: ReadonlySet<string> = new Set(),
): Decision => {
  const expanded = expandGates(gates, baseline.measurements);
  const specs = prefer.flatMap((id) => metrics.find((one) => one.id === id) ?? []);
  const shown = [
    ...specs,
    ...expanded.flatMap(({ metric, slice }) =>
      slice !== undefined || prefer.includes(metric) ? [] : (metrics.find(({ id }) => id === metric) ?? []),
    ),
  ].filter((spec, index, all) => all.findIndex(({ id }) => id === spec.id) === index);
  const judged = contenders.map((one) => {
    const results = judge(expanded, one.measurements, metrics, confidence);
    return { one, results, verdict: verdictOf(results) };
  });
  // A version that does not qualify beats nobody: only those that pass, and the original, take part.
  const placed: Placed[] = judged.map(({ one }) => ({
    id: one.id,
    objectives: shown.map((spec) => objectiveOf(spec, one.measurements)),
  }));
  const original = { id: baseline.id, objectives: shown.map((spec) => originalObjective(spec, baseline.measurements)) };
  const field = [...placed.filter((_, index) => judged[index]!.verdict === 'pass'), original];
  const above = dominators([...placed, original], field);
  const candidates: CandidateVerdict[] = judged.map(({ one, results, verdict }) => ({
    id: one.id,
    verdict,
    gates: results,
    onFront: verdict === 'pass' && above.get(one.id)!.length === 0,
    dominatedBy: above.get(one.id)!,
  }));
  const front = field.filter(({ id }) => above.get(id)!.length === 0).map(({ id }) => id);
  const uncertain = uncertainFront(field, front, shown, confidence);
  const passing = judged.filter(({ verdict }) => verdict === 'pass').map(({ one }) => one);
  const held = passing.filter(({ id }) => !except.has(id));
  const heldIds = new Set(held.map(({ id }) => id));
  const tied = specs.length === 0 ? [] : openTie(placed.filter(({ id }) => heldIds.has(id)));
  const originalPasses = judgeOriginal(expanded, baseline.measurements, metrics, confidence) === 'pass';
  const eligible = [
    ...held.map((one) => ({
      ...one,
      at: new Map(specs.map((spec) => [spec.id, objectiveOf(spec, one.measurements)])),
    })),
    ...(originalPasses
      ? [{ ...baseline, at: new Map(specs.map((spec) => [spec.id, originalObjective(spec, baseline.measurements)])) }]
      : []),
  ];
  const why: string[] = [];
  if (eligible.length > 0) {
    const { id, why: steps } = pick(eligible, specs);
    why.push(
      passing.length === 0
        ? contenders.length === 0
          ? 'there was no version to weigh; the original meets every condition, so it stays'
          : 'no version meets every condition; the original does, so it stays'
        : contenders.length === 1
          ? 'the only version meets every condition'
          : `${passing.length} of ${contenders.length} versions ${passing.length === 1 ? 'meets' : 'meet'} every condition`,
      ...steps,
    );
    if (id === baseline.id && held.length > 0)
      why.push('no passing version is better than the original in what is preferred, so it stays');
    const chosen = contenders.find((one) => one.id === id);
    if (chosen !== undefined) why.push(...gains(chosen, specs));
    return { candidates, chosen: id, nearest: null, why, front, tied, needs: [], ...uncertain };
  }
  const nearest = judged.toSorted((a, b) => {
    const [x, y] = [distance(a.results, metrics), distance(b.results, metrics)];
    return x[0] - y[0] || x[1] - y[1] || x[2] - y[2] || a.one.steps - b.one.steps || (a.one.id < b.one.id ? -1 : 1);
  })[0];
  why.push(
    contenders.length === 0
      ? 'there was no version to weigh'
      : contenders.length === 1
        ? 'the only version does not meet every condition'
        : `none of ${contenders.length} versions meets every condition`,
  );
  const needs = nearest === undefined ? [] : needsOf(nearest.results, metrics);
  if (nearest !== undefined)
    why.push(
      `${nearest.one.id} comes closest; missing: ${nearest.results
        .filter(({ verdict }) => verdict !== 'pass')
        .map(({ reason, verdict }) => `${reason} (${verdict})`)
        .join('; ')}`,
      ...needs,
    );
  return { candidates, chosen: null, nearest: nearest?.one.id ?? null, why, front, tied, needs, ...uncertain };
};

/** What the chosen version gives in the preferred metrics, in words. */
const gains = (chosen: Contender, specs: readonly MetricSpec[]): string[] =>
  specs.flatMap((spec) => {
    const measured = chosen.measurements.find(({ metric, slice }) => metric === spec.id && slice === undefined);
    if (measured === undefined) return [];
    const against = measured.versus === undefined ? '' : ` (${againstOriginal(spec, measured.versus.value)})`;
    const found =
      spec.found === undefined
        ? `its ${nounOf(spec)} is ${inUnit(measured.value, spec.unit)}`
        : foundText(spec, undefined, measured.value);
    return [`${found}${against}`];
  });

/** Re-test the gates on data that no selection saw: those whose metrics were measured there. null when that is none of them. */
export const confirm = (
  gates: readonly Gate[],
  baseline: readonly Measurement[],
  measurements: readonly Measurement[],
  metrics: readonly MetricSpec[],
  confidence: number,
): { readonly verdict: Verdict; readonly gates: readonly GateResult[] } | null => {
  const measured = new Set(measurements.map(({ metric }) => metric));
  const again = expandGates(gates, baseline).filter(({ metric }) => measured.has(metric));
  if (again.length === 0) return null;
  const results = judge(again, measurements, metrics, confidence);
  return { verdict: verdictOf(results), gates: results };
};
