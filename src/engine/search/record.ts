import type {
  Chain,
  Digest,
  ExploredRecord,
  Point,
  SearchProblem,
  SearchRecord,
  Searcher,
  Store,
  TrialRecord,
} from '../../contracts/index.ts';
import { rankCorrelation } from '../../decide/search/index.ts';
import { digestOf } from '../../records/index.ts';
import { spearman } from '../../statistics/index.ts';
import { packageVersion } from '../../package/index.ts';
import { askedOf } from '../measure/evaluators.ts';
import type { Run } from '../run/run.ts';
import type { ChainSpace } from './chain-space.ts';
import type { LookPlan } from './rungs.ts';

/** Who searches, and how. */
export interface Searching {
  readonly searcher: Searcher;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Everything that may change what a search tries. */
export const searchKey = (
  run: Run,
  space: ChainSpace,
  { searcher, options }: Searching,
  problem: SearchProblem,
  plans: readonly LookPlan[],
): Digest =>
  digestOf({
    kind: 'search',
    steelyard: packageVersion,
    model: run.found.digest,
    data: run.data.digest,
    task: run.task.fingerprint,
    machine: run.machine.digest,
    must: run.scenario.must,
    weigh: askedOf(run.evaluators),
    traffic: run.scenario.traffic,
    confidence: run.scenario.confidence,
    session: run.session,
    searcher: { id: searcher.id, version: searcher.version, options },
    dimensions: space.space.dimensions,
    // What the seeds and the first values stand for: equal words may mean other chains after an update.
    chains: problem.seeds.map((seed) => space.chainOf(seed)),
    objectives: problem.objectives,
    plans,
    seconds: problem.seconds,
    width: problem.width,
    seed: problem.seed,
  });

/** The record with which a search begins, written once. */
export const beginSearch = async (
  run: Run,
  space: ChainSpace,
  { searcher, options }: Searching,
  problem: SearchProblem,
  key: Digest,
): Promise<SearchRecord> => {
  const known = await run.store.find(key);
  if (known?.kind === 'search') return known;
  const record: SearchRecord = {
    kind: 'search',
    key,
    at: new Date().toISOString(),
    seconds: 0,
    searcher: searcher.id,
    version: searcher.version,
    options,
    dimensions: space.space.dimensions,
    points: space.points,
    excluded: space.excluded,
    objectives: problem.objectives,
    rungs: problem.rungs,
    budgetSeconds: problem.seconds,
  };
  await run.store.append(record);
  return record;
};

/** The trials of a search, in the order in which they were finished. */
export const trialsOf = async (store: Store, search: Digest): Promise<readonly TrialRecord[]> => {
  const trials: TrialRecord[] = [];
  for await (const record of store.records())
    if (record.kind === 'trial' && record.search === search) trials.push(record);
  return trials;
};

/** What is recorded of a trial under. */
export const trialKey = (search: Digest, point: Point, rung: number): Digest =>
  digestOf({ kind: 'trial', search, point, rung });

const fewestToCompare = 3;

/** How well each rung foretold a more thorough look: the last one the full weighing's first preferred metric (`truth`, by chain id, smaller is
 *  better), the others the last one. */
export const rungsWorth = (
  { rungs }: Pick<SearchProblem, 'rungs'>,
  trials: readonly TrialRecord[],
  truth: ReadonlyMap<string, number>,
): ExploredRecord['rungs'] => {
  const top = rungs.length - 1;
  const correlations = rankCorrelation(trials, top).filter(({ objective }) => objective === 0);
  return rungs.map(({ name }, rung) => {
    const own = trials.filter((one) => one.rung === rung);
    const seconds = own.reduce((sum, one) => sum + one.seconds, 0) / Math.max(1, own.length);
    const both = own.flatMap(({ chain, outcome }) => {
      const full = truth.get(chain.id);
      return outcome.kind !== 'looked' || full === undefined ? [] : [{ cheap: outcome.objectives[0]!, full }];
    });
    const found = correlations.find((one) => one.rung === rung);
    const foretold =
      rung === top
        ? {
            correlation: spearman(
              both.map(({ cheap }) => cheap),
              both.map(({ full }) => full),
            ),
            versions: both.length,
          }
        : { correlation: found?.correlation ?? Number.NaN, versions: found?.points ?? 0 };
    return {
      name,
      trials: own.length,
      seconds: Number(seconds.toFixed(3)),
      foretold: foretold.versions >= fewestToCompare && Number.isFinite(foretold.correlation) ? foretold : null,
    };
  });
};

/** The record with which a search ends. */
export const endSearch = async (
  store: Store,
  search: SearchRecord,
  trials: readonly TrialRecord[],
  ended: ExploredRecord['ended'],
  finalists: readonly Chain[],
  rungs: ExploredRecord['rungs'],
): Promise<void> => {
  const ids = finalists.map(({ id }) => id);
  const key = digestOf({ kind: 'explored', search: search.key, trials: trials.length, finalists: ids, rungs });
  if ((await store.find(key)) !== null) return;
  const seconds = trials.reduce((sum, one) => sum + one.seconds + (one.trainingSeconds ?? 0), 0);
  const at = new Date().toISOString();
  await store.append({
    kind: 'explored',
    key,
    at,
    seconds,
    search: search.key,
    ended,
    trials: trials.length,
    finalists: ids,
    rungs,
  });
};
