import type { Ask, Chain, SearchProblem, SearchRecord, TrialRecord } from '../../contracts/index.ts';
import { keyOf } from '../../decide/search/index.ts';
import { throwIfCancelled } from '../run/context.ts';
import { buildKeyOf, type Workshop } from '../build/versions.ts';
import { bestSoFar } from './best.ts';
import type { ChainSpace } from './chain-space.ts';
import { firstLooks } from './first-looks.ts';
import { look, type Looked } from './look.ts';
import { wantedOf } from './objectives.ts';
import { beginSearch, searchKey, trialKey, trialsOf, type Searching } from './record.ts';
import { narrowing } from './refusals.ts';
import { lookPlans, rowsOf, rungsOf } from './rungs.ts';
import { trainedPart, trainedSteps, trainingAccount } from './training.ts';

export interface ExploreSettings extends Searching {
  /** What the trials may take, all together. */
  readonly seconds: number;
  /** What training networks may take, on top. */
  readonly trainingSeconds: number;
}

export interface Explored {
  readonly problem: SearchProblem;
  readonly search: SearchRecord;
  /** In the order in which they were finished. */
  readonly trials: readonly TrialRecord[];
  readonly ended: 'done' | 'time';
}

/** Points that are looked at together, in one session with the original. */
const together = 4;

const spentOf = (trials: readonly TrialRecord[]): number => trials.reduce((sum, { seconds }) => sum + seconds, 0);

/** The trials of an interrupted search: whole batches, and what there is of the last one. */
const resumed = (trials: readonly TrialRecord[]): { done: TrialRecord[]; begun: ReadonlyMap<string, TrialRecord> } => {
  const last = trials.reduce((most, { batch }) => Math.max(most, batch), -1);
  const begun = trials.filter(({ batch }) => batch === last);
  return {
    done: trials.filter(({ batch }) => batch < last),
    begun: new Map(begun.map((one) => [`${keyOf(one.point)} ${one.rung}`, one])),
  };
};

/** Try points of the space, as the searcher asks for them, until it asks for nothing more or the time is used up; each look is a record.
 *
 *  An interrupted search goes on from its records: the searcher is a pure function of the history, and a batch of which some looks are missing is
 *  asked for again, so the same points follow as if nothing had happened. Time is what the records say, not what the clock of this process says.
 *  Chains that learn have an account of their own; where it has nothing left for another network, that is the outcome of the trial.
 *  The first batch is small where the time is short: nothing has told yet what a look takes.
 *  Errors: `engine/cancelled`; faults of the run as a whole. */
export const explore = async (workshop: Workshop, space: ChainSpace, settings: ExploreSettings): Promise<Explored> => {
  const { run } = workshop;
  const { scenario, store, context, crew } = run;
  const plans = lookPlans(rowsOf(run.data));
  const wanted = wantedOf(scenario.prefer, run.evaluators);
  const problem: SearchProblem = {
    space: space.space,
    seeds: space.seeds,
    objectives: wanted.map(({ spec }) => spec.id),
    rungs: rungsOf(plans),
    seconds: settings.seconds,
    width: Math.max(together, 2 * crew.size),
    seed: scenario.seed,
  };
  const key = searchKey(run, space, settings, problem, plans);
  const search = await beginSearch(run, space, settings, problem, key);
  const { done: trials, begun } = resumed(await trialsOf(store, key));

  const progress = (what: string): void =>
    context.progress({
      label: 'searching',
      done: Math.min(Math.round(spentOf(trials)), Math.round(settings.seconds)),
      total: Math.round(settings.seconds),
      detail: `${trials.length} looks, ${bestSoFar(trials, wanted)}${what === '' ? '' : `, ${what}`}`,
    });
  const inside = {
    ...context,
    progress: ({ detail, label }: { label: string; detail?: string }) => progress(detail ?? label),
  };
  const looking = { workshop: { ...workshop, run: { ...run, context: inside } }, plans };

  /** What a build took, also where it was made before an interruption of this search. */
  const buildSecondsOf = async ({ chain, buildSeconds }: Looked): Promise<number> => {
    const record = await store.find(buildKeyOf(workshop, chain));
    return record?.kind === 'build' && record.at >= search.at ? Math.max(record.seconds, buildSeconds) : buildSeconds;
  };
  const remember = async (looked: Looked, batch: number): Promise<TrialRecord> => {
    const building = await buildSecondsOf(looked);
    const learns = trainedPart(looked.chain) !== null;
    const record: TrialRecord = {
      kind: 'trial',
      key: trialKey(key, looked.point, looked.rung),
      at: new Date().toISOString(),
      seconds: looked.seconds - looked.buildSeconds + (learns ? 0 : building),
      ...(learns ? { trainingSeconds: building } : {}),
      search: key,
      point: looked.point,
      rung: looked.rung,
      chain: looked.chain,
      outcome: looked.outcome,
      batch,
    };
    await store.append(record);
    return record;
  };
  const untrained = ({ point, rung }: Ask, chain: Chain): Looked => ({
    point,
    rung,
    chain,
    outcome: { kind: 'failed', reason: 'there is no time left to train another network', steps: trainedSteps(chain) },
    seconds: 0,
    buildSeconds: 0,
  });

  const { ask } = settings.searcher;
  const narrowed = narrowing(space);
  const next = (): readonly Ask[] =>
    ask({ ...problem, space: narrowed(trials) }, settings.options as never, trials, []);

  for (;;) {
    throwIfCancelled(context.signal);
    const asked = spentOf(trials) >= settings.seconds ? [] : next();
    const asks = trials.length === 0 ? asked.slice(0, firstLooks(settings.seconds)) : asked;
    if (asks.length === 0) break;
    const batch = (trials.at(-1)?.batch ?? -1) + 1;
    progress('');
    const account = trainingAccount(trials, settings.trainingSeconds);
    const wishes = asks.map((ask) => ({ ...ask, chain: space.chainOf(ask.point) }));
    const admitted = wishes.map(({ chain }) => account.admits(chain));
    const recorded = wishes.map(({ point, rung }) => begun.get(`${keyOf(point)} ${rung}`));
    // Versions that are looked at together have one record of what came out: a batch that was interrupted is looked at as a whole, so that what
    // was found out about it is found.
    const looked = recorded.every((one) => one !== undefined)
      ? []
      : await look(
          looking,
          wishes.filter((_, at) => admitted[at] === true),
        );
    for (const [at, wish] of wishes.entries()) {
      const fresh = looked.find(({ point, rung }) => point === wish.point && rung === wish.rung);
      trials.push(recorded[at] ?? (await remember(fresh ?? untrained(wish, wish.chain), batch)));
    }
  }
  return { problem, search, trials, ended: spentOf(trials) >= settings.seconds ? 'time' : 'done' };
};
