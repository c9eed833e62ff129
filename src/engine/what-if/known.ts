import {
  SteelyardError,
  renewed,
  type BuildRecord,
  type ChoiceRecord,
  type MeasureRecord,
  type Measurement,
  type RunRecord,
  type Scenario,
  type StoreRecord,
} from '../../contracts/index.ts';

/** What a run's records say about its versions, on the machine and the data of its last start. */
export interface Known {
  readonly run: RunRecord;
  readonly scenario: Scenario;
  readonly choice: ChoiceRecord | null;
  /** Version id → how it was built; only those that were. */
  readonly builds: ReadonlyMap<string, BuildRecord>;
  /** Whole evaluation or held-back data only; a search's looks at a part of it are not here. */
  readonly measured: readonly MeasureRecord[];
}

const isScenario = (value: unknown): value is Scenario =>
  typeof value === 'object' && value !== null && 'must' in value && 'prefer' in value && 'task' in value;

/** Sort a run's records for deciding again. Numbers of another machine, of other data and of parts of the data are left out.
 *  Errors: `engine/no-run` when no run was begun in them. */
export const knownOf = (records: readonly StoreRecord[]): Known => {
  const run = records.findLast((record) => record.kind === 'run');
  if (run === undefined || !isScenario(run.scenario))
    throw new SteelyardError(
      'engine/no-run',
      'the records hold no run: nothing was written after the start',
      'start it again with steelyard tune, or point to the folder of another run',
    );
  const here = run.machine.digest;
  const builds = new Map<string, BuildRecord>();
  for (const record of records)
    if (record.kind === 'build' && record.outcome.kind === 'built') builds.set(record.chain.id, record);
  return {
    run,
    scenario: run.scenario,
    choice: records.findLast((record) => record.kind === 'choice' && record.machine === here) as ChoiceRecord | null,
    builds,
    measured: records.filter(
      (record): record is MeasureRecord =>
        record.kind === 'measure' && record.machine === here && record.data === run.data[record.split]?.digest,
    ),
  };
};

/** All measurements of each subject on a split, the baseline's own under "baseline"; a later record replaces an earlier one metric by metric.
 *  A subject that failed in an evaluator and was not measured by it since is left out, as in the run itself. `usable` says which
 *  evaluators' numbers count. */
export const measurementsOf = (
  { measured }: Known,
  split: string,
  usable: (evaluator: string) => boolean = () => true,
): ReadonlyMap<string, readonly Measurement[]> => {
  const found = new Map<string, readonly Measurement[]>();
  const failed = new Map<string, Set<string>>();
  for (const record of measured) {
    if (record.split !== split) continue;
    for (const [id, outcome] of Object.entries(record.outcomes)) {
      const faults = failed.get(id) ?? new Set<string>();
      failed.set(id, faults);
      if (outcome.kind === 'failed') {
        faults.add(record.evaluator);
        continue;
      }
      faults.delete(record.evaluator);
      found.set(id, renewed(found.get(id) ?? [], usable(record.evaluator) ? outcome.measurements : []));
    }
  }
  return new Map([...found].filter(([id]) => failed.get(id)!.size === 0));
};
