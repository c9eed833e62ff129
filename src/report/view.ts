import type {
  AuditRecord,
  BuildRecord,
  CandidateVerdict,
  ChoiceRecord,
  MeasureRecord,
  Measurement,
  MetricSpec,
  RunRecord,
  StoreRecord,
} from '../contracts/index.ts';
import { SteelyardError, renewed } from '../contracts/index.ts';
import type { Role } from './blocks.ts';
import { timeSpent } from './spent.ts';

export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** One version of the model, with everything the records say about it. */
export interface Version {
  readonly id: string;
  /** Letter in plot and tables; the original has none. */
  readonly tag: string;
  readonly role: Role | 'unmeasured';
  readonly verdict: CandidateVerdict | null;
  readonly build: BuildRecord | null;
  readonly failure: Failure | null;
  readonly audits: readonly AuditRecord[];
  /** Split → measurements that have a value. */
  readonly measured: ReadonlyMap<string, readonly Measurement[]>;
  /** What has no value, on any split; the caveat says why. */
  readonly withoutValue: readonly Measurement[];
}

/** The records of a run, sorted for reading. */
export interface View {
  readonly run: RunRecord;
  readonly choice: ChoiceRecord | null;
  readonly baseline: Version;
  readonly candidates: readonly Version[];
  /** What the report is mostly about: the chosen version, else the nearest miss. */
  readonly subject: Version | null;
  /** The subject; where the original stays, the version that came furthest. */
  readonly about: Version | null;
  readonly metrics: ReadonlyMap<string, MetricSpec>;
  /** Metric ids, the most wanted first. */
  readonly prefer: readonly string[];
  /** Metrics that the scenario prefers or has a condition on. */
  readonly named: ReadonlySet<string>;
  readonly scenarioName: string;
  readonly currency: string | null;
  /** Of every verdict. */
  readonly confidence: number;
  /** Of the intervals as they were measured: a decision can be made again at another confidence. */
  readonly intervals: number;
  readonly evaluators: readonly MeasureRecord[];
  /** Evaluators that also measured on another machine; those numbers are left out. */
  readonly elsewhere: readonly string[];
  readonly records: readonly StoreRecord[];
  /** What the run's time went into, looks and other machines included. */
  readonly spent: ReturnType<typeof timeSpent>;
}

export const baselineId = 'baseline';

const letters = (index: number): string =>
  (index >= 26 ? letters(Math.floor(index / 26) - 1) : '') + String.fromCharCode(65 + (index % 26));

const roleOf = (id: string, choice: ChoiceRecord | null, measured: boolean): Version['role'] => {
  if (id === baselineId) return 'baseline';
  if (choice?.chosen === id) return 'chosen';
  const verdict = choice?.candidates.find((candidate) => candidate.id === id);
  if (verdict === undefined) return measured ? 'undecided' : 'unmeasured';
  if (verdict.verdict === 'fail') return 'fails';
  if (verdict.verdict === 'undecided') return 'undecided';
  return verdict.onFront ? 'front' : 'passes';
};

const lastOf = <K extends StoreRecord['kind']>(
  records: readonly StoreRecord[],
  kind: K,
): Extract<StoreRecord, { kind: K }> | null =>
  (records.findLast((record) => record.kind === kind) as Extract<StoreRecord, { kind: K }> | undefined) ?? null;

interface ScenarioParts {
  readonly name?: unknown;
  readonly prefer?: unknown;
  readonly confidence?: unknown;
  readonly price?: { readonly currency?: unknown } | null;
}

const ranks: readonly Version['role'][] = ['front', 'passes', 'undecided', 'fails'];

/** The measured version with the best verdict. */
const furthest = (candidates: readonly Version[]): Version | null =>
  candidates
    .filter(({ measured, role }) => measured.size > 0 && ranks.includes(role))
    .toSorted((a, b) => ranks.indexOf(a.role) - ranks.indexOf(b.role))[0] ?? null;

const isWhole = ({ split, data }: MeasureRecord, run: RunRecord): boolean =>
  run.data[split] === undefined || run.data[split].digest === data;

/** What the full weighing and the final check measured; the rest are short looks. */
export const splits = ['evaluation', 'holdback'] as const;

/** Measurements of a subject per split; a later record replaces an earlier one metric by metric. */
const measurementsOf = (records: readonly StoreRecord[], id: string): Map<string, readonly Measurement[]> => {
  const found = new Map<string, readonly Measurement[]>();
  for (const record of records) {
    if (record.kind !== 'measure') continue;
    const outcome = record.outcomes[id];
    if (outcome?.kind !== 'measured') continue;
    found.set(record.split, renewed(found.get(record.split) ?? [], outcome.measurements));
  }
  return found;
};

/** Sort records for reading. Kinds that this version does not know are passed over.
 *  Errors: `report/empty` when there is no run in them. */
export const viewOf = (all: readonly StoreRecord[], metrics: readonly MetricSpec[]): View => {
  const run = lastOf(all, 'run');
  if (run === null)
    throw new SteelyardError(
      'report/empty',
      'the records hold no run: nothing was written after the start',
      'start it again with steelyard tune, or point to the folder of another run',
    );
  // A run that went on somewhere else: numbers of another machine are not compared with this one's.
  // Looks at a part of the data are not measurements of it.
  const records = all.filter((record) =>
    record.kind === 'measure'
      ? record.machine === run.machine.digest && isWhole(record, run)
      : record.kind === 'run' ||
        !('machine' in record) ||
        record.machine === undefined ||
        record.machine === run.machine.digest,
  );
  const choice = lastOf(records, 'choice');
  const builds = new Map<string, BuildRecord>();
  const failures = new Map<string, Map<string, Failure>>();
  const audits = new Map<string, Map<string, AuditRecord>>();
  const ids = new Set<string>();
  for (const record of records) {
    if (record.kind === 'build') {
      builds.set(record.chain.id, record);
      ids.add(record.chain.id);
    } else if (record.kind === 'measure') {
      // Whoever was measured without having been built is no version: the original as its own candidate.
      for (const [id, outcome] of Object.entries(record.outcomes)) {
        const where = JSON.stringify([record.evaluator, record.split]);
        const known = failures.get(id) ?? new Map<string, Failure>();
        failures.set(id, known);
        if (outcome.kind === 'failed') known.set(where, { code: outcome.code, message: outcome.message });
        else known.delete(where);
      }
    } else if (record.kind === 'audit') {
      const bySplit = audits.get(record.candidate) ?? new Map<string, AuditRecord>();
      bySplit.set(record.split, record);
      audits.set(record.candidate, bySplit);
    } else if (record.kind === 'choice') {
      for (const candidate of record.candidates) ids.add(candidate.id);
    }
  }
  ids.delete(baselineId);
  const versionOf = (id: string, tag: string): Version => {
    const all = measurementsOf(records, id);
    const measured = new Map(
      [...all].map(([split, some]) => [split, some.filter(({ value }) => !Number.isNaN(value))] as const),
    );
    return {
      id,
      tag,
      role: roleOf(id, choice, measured.size > 0),
      verdict: choice?.candidates.find((candidate) => candidate.id === id) ?? null,
      build: builds.get(id) ?? null,
      failure: failures.get(id)?.values().next().value ?? null,
      audits: [...(audits.get(id)?.values() ?? [])],
      measured,
      // A short look lacks what the weighing has: it says nothing here.
      withoutValue: splits.flatMap((split) => (all.get(split) ?? []).filter(({ value }) => Number.isNaN(value))),
    };
  };
  const candidates = [...ids].map((id, index) => versionOf(id, letters(index)));
  const baseline = versionOf(baselineId, '');
  const scenario = (run.scenario ?? {}) as ScenarioParts;
  const confidence = typeof scenario.confidence === 'number' ? scenario.confidence : 0.95;
  const name = choice?.chosen ?? choice?.nearest ?? null;
  const evaluators = new Map<string, MeasureRecord>();
  for (const record of records)
    if (record.kind === 'measure') evaluators.set(JSON.stringify([record.evaluator, record.split]), record);
  const subject = candidates.find(({ id }) => id === name) ?? null;
  const prefer = Array.isArray(scenario.prefer) ? scenario.prefer.filter((id) => typeof id === 'string') : [];
  const gates = candidates.flatMap(({ verdict }) => verdict?.gates ?? []).map(({ gate }) => gate.metric);
  return {
    run,
    choice,
    baseline,
    candidates,
    subject,
    about: subject ?? furthest(candidates),
    metrics: new Map(metrics.map((metric) => [metric.id, metric])),
    prefer,
    named: new Set([...prefer, ...gates]),
    scenarioName: typeof scenario.name === 'string' ? scenario.name : run.scenarioFile,
    currency: typeof scenario.price?.currency === 'string' ? scenario.price.currency : null,
    confidence,
    intervals: baseline.measured.get('evaluation')?.[0]?.confidence ?? confidence,
    evaluators: [...evaluators.values()],
    elsewhere: [
      ...new Set(
        all.flatMap((record) =>
          record.kind === 'measure' && record.machine !== run.machine.digest ? [record.evaluator] : [],
        ),
      ),
    ],
    records,
    spent: timeSpent(all),
  };
};

const indexes = new WeakMap<readonly Measurement[], ReadonlyMap<string, Measurement>>();

const keyOf = (metric: string, slice: string | undefined): string =>
  slice === undefined ? metric : `${metric}\0${slice}`;

const indexOf = (measurements: readonly Measurement[]): ReadonlyMap<string, Measurement> => {
  const known = indexes.get(measurements);
  if (known !== undefined) return known;
  const made = new Map(measurements.map((one) => [keyOf(one.metric, one.slice), one]));
  indexes.set(measurements, made);
  return made;
};

/** A measurement of a version, for all data or for a slice. */
export const measurementOf = (
  version: Version,
  metric: string,
  slice?: string,
  split = 'evaluation',
): Measurement | null => {
  const measurements = version.measured.get(split);
  return measurements === undefined ? null : (indexOf(measurements).get(keyOf(metric, slice)) ?? null);
};

/** The same from the held-back data where that was measured: no selection saw it, so it flatters nobody. */
export const unseenOf = (version: Version, metric: string): { one: Measurement; split: string } | null => {
  for (const split of ['holdback', 'evaluation']) {
    const one = measurementOf(version, metric, undefined, split);
    if (one !== null) return { one, split };
  }
  return null;
};

/** "95 %" */
export const percentOf = (confidence: number): string => `${Number((confidence * 100).toFixed(2))} %`;

/** All versions, the original first, or the one that is asked for. Errors: `report/no-version`. */
export const versionsOf = (view: View, only: string | undefined): readonly Version[] => {
  const all = [view.baseline, ...view.candidates];
  if (only === undefined) return all;
  const one = all.find(({ id, tag }) => id === only || (tag !== '' && tag === only));
  if (one === undefined)
    throw new SteelyardError(
      'report/no-version',
      `this run has no version ${only}`,
      `it has ${all.map(({ id, tag }) => (tag === '' ? id : `${id} (${tag})`)).join(', ')}`,
    );
  return [one];
};
