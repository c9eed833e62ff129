import { caveatText, type Measurement, type MetricSpec, type StoreRecord } from '../../contracts/index.ts';
import { looksOf, readingOf } from '../search/looks.ts';
import { baselineId, versionsOf, viewOf, type View } from '../view.ts';

/** One measurement of one version, or the failure to measure it, flat: every line holds everything needed to read it alone. */
export interface Line {
  /** Key of the run, sha256. */
  readonly run: string;
  readonly scenario: string;
  /** "baseline" or the version's id. */
  readonly version: string;
  /** sha256 of the model file where it is known. */
  readonly digest: string | null;
  readonly split: string;
  readonly data: string;
  readonly evaluator: string;
  readonly evaluatorVersion: number;
  readonly machine: string;
  readonly at: string;
  readonly metric: string | null;
  readonly slice: string | null;
  readonly unit: string | null;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly confidence: number | null;
  readonly samples: number | null;
  readonly comparison: {
    readonly kind: string;
    readonly value: number | null;
    readonly low: number | null;
    readonly high: number | null;
    readonly method: string;
  } | null;
  readonly caveat: string | null;
  /** Why there is no measurement: all of these are null then. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** JSON and CSV have no infinities: an open end of an interval is null. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

const nothing = {
  metric: null,
  slice: null,
  unit: null,
  value: null,
  low: null,
  high: null,
  confidence: null,
  samples: null,
  comparison: null,
  caveat: null,
} as const;

const fieldsOf = (one: Measurement) => ({
  metric: one.metric,
  slice: one.slice ?? null,
  unit: one.unit,
  value: finite(one.value),
  low: finite(one.low),
  high: finite(one.high),
  confidence: one.confidence,
  samples: one.samples,
  comparison:
    one.versus === undefined
      ? null
      : {
          kind: one.versus.kind,
          value: finite(one.versus.value),
          low: finite(one.versus.low),
          high: finite(one.versus.high),
          method: one.versus.method,
        },
  caveat: caveatText(one) ?? null,
});

/** The looks of a search, one line an objective: against the original, on a part of the evaluation data or on all of it. */
const lookLines = (
  view: View,
  common: Pick<Line, 'run' | 'scenario'>,
  digests: ReadonlyMap<string, string>,
): Line[] => {
  const looks = looksOf(view.records);
  if (looks === null) return [];
  const { search, trials } = looks;
  return trials.flatMap(({ chain, rung, outcome, at }): Line[] => {
    const shared = {
      ...common,
      version: chain.id,
      digest: digests.get(chain.id) ?? null,
      split: `search: ${search.rungs[rung]?.name ?? rung}`,
      data: view.run.data['evaluation']?.digest ?? '',
      evaluator: `search/${search.searcher}`,
      evaluatorVersion: search.version,
      machine: view.run.machine.digest,
      at,
    };
    if (outcome.kind === 'failed')
      return [{ ...shared, ...nothing, error: { code: 'search/failed', message: outcome.reason } }];
    const caveat = outcome.hopeless
      ? 'a short look; a condition fails'
      : outcome.misses === 0
        ? 'a short look; the conditions seem to hold'
        : `a short look; conditions are missed by ${outcome.misses} of their limits`;
    return search.objectives.flatMap((id, index): Line[] => {
      const metric = view.metrics.get(id);
      const objective = outcome.objectives[index];
      if (metric === undefined || objective === undefined) return [];
      const ratio = metric.versus === 'ratio';
      const sign = metric.better === 'higher' ? -1 : 1;
      const value = (one: number): number => (ratio ? readingOf(metric).value(one) : sign * one);
      const wide = 1.96 * (outcome.errors[index] ?? 0);
      const ends = [value(objective - wide), value(objective + wide)].toSorted((a, b) => a - b);
      return [
        {
          ...shared,
          ...nothing,
          metric: id,
          unit: metric.unit,
          confidence: 0.95,
          comparison: {
            kind: ratio ? 'ratio' : 'difference',
            value: finite(value(objective)),
            low: finite(ends[0]!),
            high: finite(ends[1]!),
            method: 'one look, normal errors',
          },
          caveat,
          error: null,
        },
      ];
    });
  });
};

/** Everything that was measured in a run, in the order of its records; a later measurement of the same thing on the same machine replaces
 *  an earlier one. Numbers of other machines are kept, under their machine's digest. The looks of a search come last.
 *  `only`: a version's id or letter. Errors: `report/empty` when the records hold no run; `report/no-version`. */
export const linesOf = (
  records: readonly StoreRecord[],
  metrics: readonly MetricSpec[],
  only?: string,
): readonly Line[] => {
  const view = viewOf(records, metrics);
  const { run } = view;
  const wanted = only === undefined ? null : versionsOf(view, only)[0]!.id;
  const digests = new Map<string, string>([[baselineId, run.model.digest]]);
  for (const record of records)
    if (record.kind === 'build' && record.outcome.kind === 'built' && record.outcome.files[0] !== undefined)
      digests.set(record.chain.id, record.outcome.files[0].digest);
  const found = new Map<string, Line>();
  const keyOf = ({ machine, version, split, evaluator, metric, slice }: Line): string =>
    JSON.stringify([machine, version, split, evaluator, metric, slice]);
  const set = (line: Line): void => void found.set(keyOf(line), line);
  for (const record of records) {
    if (record.kind !== 'measure') continue;
    for (const [version, outcome] of Object.entries(record.outcomes)) {
      if (wanted !== null && version !== wanted) continue;
      const common = {
        run: run.key,
        scenario: view.scenarioName,
        version,
        digest: digests.get(version) ?? null,
        split: record.split,
        data: record.data,
        evaluator: record.evaluator,
        evaluatorVersion: record.evaluatorVersion,
        machine: record.machine,
        at: record.at,
      };
      if (outcome.kind === 'failed') {
        const { code, message } = outcome;
        set({ ...common, ...nothing, error: { code, message } });
        continue;
      }
      // What failed before and was measured now has not failed.
      const where = [record.machine, version, record.split, record.evaluator, null, null];
      found.delete(JSON.stringify(where));
      for (const one of outcome.measurements) {
        const line = { ...common, ...fieldsOf(one), error: null };
        // As everywhere: what could not be measured the second time keeps its first number.
        if (line.value !== null || (found.get(keyOf(line))?.value ?? null) === null) set(line);
      }
    }
  }
  const looks = lookLines(view, { run: run.key, scenario: view.scenarioName }, digests);
  return [...found.values(), ...looks.filter(({ version }) => wanted === null || version === wanted)];
};
