import {
  fewestItems,
  noted,
  untold,
  type Comparison,
  type Context,
  type Measurement,
  type TooFew,
} from '../../contracts/index.ts';
import { quantile, tangoInterval, thinQuantiles, wilson } from '../../statistics/index.ts';
import { pairsOf } from '../quality/answers.ts';
import { gapOwn, gapVersus, worstVersus, type GroupPairs } from './extremes.ts';
import type { Family } from './families.ts';
import { unitOf, type GroupMetric } from './groups-metrics.ts';
import { normalizedHarm, spreadOver } from './harm.ts';
import { gapStatistics, type GapStatistic } from './rates.ts';
import type { Resampled, Told } from './resample.ts';
import { sharedConfidence, worstLoss, worstShare } from './worst.ts';

const gapMetrics: Readonly<Record<GapStatistic, GroupMetric>> = {
  parityDifference: 'demographic-parity-difference',
  parityRatio: 'demographic-parity-ratio',
  odds: 'equalized-odds-difference',
  opportunity: 'equal-opportunity-difference',
};

/** Everything about one trial that does not depend on a version. */
export interface Setting {
  readonly confidence: number;
  readonly families: readonly Family[];
  readonly truth: Int32Array;
  readonly labelled: boolean;
  /** What of the groups is not reported. */
  readonly remarks: readonly string[];
  readonly refused: readonly TooFew[];
  readonly context: Context;
  readonly shuffles: number;
}

/** One version's answers on the rows that count, and the original's unless it is the original. */
export interface Version {
  readonly predicted: Int32Array;
  readonly told: Told;
  readonly before: { readonly predicted: Int32Array; readonly told: Told } | null;
}

type Span = Pick<Measurement, 'value' | 'low' | 'high'>;

export const measure = (
  metric: GroupMetric,
  { value, low, high }: Span,
  samples: number,
  confidence: number,
  more: Pick<Measurement, 'slice' | 'versus' | 'caveat' | 'refused'> = {},
): Measurement => ({ metric, unit: unitOf.get(metric)!, value, low, high, confidence, samples, ...more });

const percentiles = (ordered: Float64Array, confidence: number): { low: number; high: number } => {
  const tail = (1 - confidence) / 2;
  return { low: quantile(ordered, tail), high: quantile(ordered, 1 - tail) };
};

const finite = (draws: Float64Array): Float64Array => draws.filter((one) => !Number.isNaN(one)).sort();

/** The change of a gap: below by the draws of one choice of groups, above by those of the other (see `Resampled`). */
const changeOf = (
  value: number,
  { byVersion, byOriginal }: Resampled,
  name: GapStatistic,
  confidence: number,
): Comparison | null => {
  const [lower, upper] = name === 'parityRatio' ? [byVersion, byOriginal] : [byOriginal, byVersion];
  const [below, above] = [finite(lower), finite(upper)];
  const draws = Math.min(below.length, above.length);
  if (draws < 2) return null;
  const [low, high] = [percentiles(below, confidence).low, percentiles(above, confidence).high];
  const half = Math.floor(draws / 2);
  const joined = new Float64Array(2 * half);
  joined.set(below.subarray(0, half));
  joined.set(above.subarray(above.length - half), half);
  joined.sort();
  return {
    kind: 'difference',
    value,
    low: Math.min(low, value),
    high: Math.max(high, value),
    evidence: thinQuantiles(joined),
    method: `paired bootstrap over examples between the groups furthest apart, ${byVersion.length.toLocaleString('en-US')} draws`,
  };
};

/** Groups of a family, or of all families of one column. */
const scopesOf = (
  families: readonly Family[],
): readonly { readonly slice?: string; readonly families: readonly Family[] }[] => [
  ...families.map((family) => ({ slice: `groups=${family.name}`, families: [family] })),
  { families: families.filter(({ columns }) => columns.length === 1) },
];

const pick = (truth: Int32Array, predicted: Int32Array, rows: readonly number[]) => ({
  truth: Int32Array.from(rows, (row) => truth[row]!),
  predicted: Int32Array.from(rows, (row) => predicted[row]!),
  classes: 0,
});

/** Accuracy of every group; the intervals against the original hold for all of them together. */
export const perGroup = ({ families, truth, confidence }: Setting, { predicted, before }: Version): Measurement[] => {
  const groups = families.flatMap((family) => family.groups);
  const together = sharedConfidence(confidence, groups.length);
  return groups.map(({ name, rows }) => {
    const right = rows.filter((row) => truth[row] === predicted[row]).length;
    const own = { value: right / rows.length, ...wilson(right, rows.length, confidence) };
    if (before === null) return measure('group-accuracy', own, rows.length, confidence, { slice: name });
    const evidence = pairsOf(pick(truth, before.predicted, rows), pick(truth, predicted, rows));
    const [b, c] = [evidence.onlyBaselineRight, evidence.onlyCandidateRight];
    const versus: Comparison = {
      kind: 'difference',
      value: (c - b) / rows.length,
      ...tangoInterval({ b, c, n: rows.length }, together),
      evidence,
      method: `Tango score interval on ${rows.length.toLocaleString('en-US')} paired answers, for ${groups.length} ${groups.length === 1 ? 'group' : 'groups together (Bonferroni)'}`,
    };
    return measure('group-accuracy', own, rows.length, confidence, { slice: name, versus });
  });
};

/** Every group's right answers, then and now. */
const pairsBy = (families: readonly Family[], truth: Int32Array, { predicted, before }: Version): GroupPairs[] =>
  families.flatMap(({ groups }) =>
    groups.map(({ rows }): GroupPairs => {
      const then = before?.predicted ?? predicted;
      const pairs = pairsOf(pick(truth, then, rows), pick(truth, predicted, rows));
      const { bothRight, onlyBaselineRight: b, onlyCandidateRight: c } = pairs;
      return { b, c, n: rows.length, before: bothRight + b, now: bothRight + c };
    }),
  );

/** The worst group of a family, or of all single columns, and the gap between groups: on its own and against the original's. */
export const worstOf = (setting: Setting, version: Version): Measurement[] =>
  scopesOf(setting.families).flatMap(({ slice, families }) => {
    const { truth, confidence, remarks, refused } = setting;
    const groups = families.flatMap((family) => family.groups);
    if (groups.length === 0)
      return slice !== undefined || remarks.length + refused.length === 0
        ? []
        : [
            untold(
              { id: 'worst-group-accuracy', unit: 'proportion' },
              0,
              confidence,
              [`it needs a group of ${fewestItems} examples`, ...remarks],
              refused,
            ),
          ];
    const pairs = pairsBy(families, truth, version);
    const rows = pairs.map(({ n }) => n);
    const extremeOf = (right: readonly number[]) => worstShare(right, rows, confidence);
    const [own, before] = [extremeOf(pairs.map(({ now }) => now)), extremeOf(pairs.map((one) => one.before))];
    const loss = worstLoss(pairs, confidence);
    const against = (versus: () => Comparison): Pick<Measurement, 'versus'> =>
      version.before === null ? {} : { versus: versus() };
    const where = slice === undefined ? {} : { slice };
    // Which group is the worst is seen in group-accuracy; which ones are missing is not.
    const missing = slice === undefined ? noted(remarks, refused) : {};
    // Places of each column's groups among all of them; a gap needs two.
    let place = 0;
    const columns = families.map((family) => family.groups.map(() => place++)).filter((column) => column.length > 1);
    return [
      // What the data can prove is what its worst groups can: their size is the number of samples.
      measure('worst-group-accuracy', own, Math.min(rows[own.at]!, rows[before.at]!), confidence, {
        ...where,
        ...missing,
        ...against(() => worstVersus(pairs, confidence)),
      }),
      version.before === null
        ? measure('worst-group-loss', { value: 0, low: 0, high: 0 }, rows[own.at]!, confidence, where)
        : measure('worst-group-loss', loss, rows[loss.at]!, confidence, where),
      ...(columns.length === 0
        ? []
        : [
            measure('accuracy-gap', gapOwn(pairs, columns, confidence), Math.min(...rows), confidence, {
              ...where,
              ...against(() => gapVersus(pairs, columns, confidence)),
            }),
          ]),
    ];
  });

/** Gaps of selection and error rates between the groups of a column or crossing, and the largest of all columns. */
export const gapsOf = ({ families, confidence }: Setting, version: Version): Measurement[] =>
  scopesOf(families).flatMap(({ slice, families: some }, scope) =>
    gapStatistics.flatMap((name) => {
      const told = version.told[scope]![name];
      const ordered = finite(told.draws);
      if (Number.isNaN(told.value) || ordered.length === 0) return [];
      const then = version.before?.told[scope]![name].value;
      const versus = then === undefined ? null : changeOf(told.value - then, told, name, confidence);
      if (version.before !== null && versus === null) return [];
      const { low, high } = percentiles(ordered, confidence);
      const span = { value: told.value, low: Math.min(low, told.value), high: Math.max(high, told.value) };
      const samples = Math.min(...some.flatMap(({ groups }) => groups.map(({ rows }) => rows.length)));
      return [
        measure(gapMetrics[name], span, samples, confidence, {
          ...(slice === undefined ? {} : { slice }),
          ...(versus === null ? {} : { versus }),
        }),
      ];
    }),
  );

/** Which groups' answers change, which lose right answers, and whether that is more than chance. */
export const changesOf = (setting: Setting, { predicted, before }: Version): Measurement[] => {
  const { families, truth, labelled, confidence, context, shuffles } = setting;
  const then = before?.predicted ?? predicted;
  const flipped = predicted.map((answer, row) => (answer === then[row] ? 0 : 1));
  const lost = predicted.map((answer, row) => (then[row] === truth[row] && answer !== truth[row] ? 1 : 0));
  const sum = (marks: Int32Array, rows: readonly number[]): number => rows.reduce((all, row) => all + marks[row]!, 0);
  const whole = { lost: lost.reduce((all, one) => all + one, 0), rows: predicted.length };
  return families.flatMap((family) => {
    const each = family.groups.flatMap(({ name, rows }) => {
      const changed = sum(flipped, rows);
      const n = rows.length;
      if (before === null)
        return [measure('group-flips', { value: 0, low: 0, high: 0 }, n, confidence, { slice: name })];
      const flips = measure('group-flips', { value: changed / n, ...wilson(changed, n, confidence) }, n, confidence, {
        slice: name,
      });
      const harm = labelled ? normalizedHarm({ lost: sum(lost, rows), rows: n }, whole, confidence) : null;
      return harm === null ? [flips] : [flips, measure('group-harm', harm, n, confidence, { slice: name })];
    });
    if (before === null) return each;
    const test = (metric: GroupMetric, marks: Int32Array): Measurement[] => {
      const random = context.random(`fairness/groups ${family.name}`);
      const found = spreadOver(family.of, Uint8Array.from(marks), family.groups.length, {
        random,
        confidence,
        shuffles,
      });
      const rows = family.of.filter((group) => group >= 0).length;
      return found === null
        ? []
        : [measure(metric, { ...found, value: found.p }, rows, confidence, { slice: `groups=${family.name}` })];
    };
    return [...each, ...test('flips-by-group', flipped), ...(labelled ? test('harm-by-group', lost) : [])];
  });
};
