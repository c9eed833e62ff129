import { defineEvaluator } from '../../../contracts/index.ts';
import type { LoadPlan } from '../../../contracts/index.ts';
import { collect, judge, measureMedian } from '../compare.ts';
import { loadTarget, randomOf, runOptions, shareOf } from './options.ts';
import { offlinePlan } from './plans.ts';
import { answeredCount, spanOf } from './readings.ts';
import type { Library } from './library.ts';
import { plannedCalls, runsUnderLoad, type Setup } from './runs.ts';
import { loadCaveat } from './tell.ts';
import { takeLoadTurn, type LoadTurn } from './turn.ts';

/** Samples per second of a run that had all of them at once. */
const rateOf =
  (usual: number) =>
  ({ played, rows = usual }: LoadTurn): number =>
    (1000 * rows * answeredCount(played)) / Math.max(1e-6, spanOf(played));

/** Everything at once: how fast a pile of requests is worked off. */
export const offline = defineEvaluator({
  id: 'load/offline',
  version: 2,
  title: 'Offline',
  source: 'MLPerf LoadGen, Offline scenario',
  metrics: [
    {
      id: 'offline-throughput',
      title: 'Offline throughput',
      unit: 'requests/s',
      better: 'higher',
      versus: 'ratio',
      definition:
        'Samples per second when all of them are sent at once, in calls of the scenario’s batch size or of the version’s own, until the last answer (MLPerf LoadGen, Offline); median over runs.',
    },
  ],
  options: { ...runOptions, minQueries: { ...runOptions.minQueries, default: 20, min: 1 } },
  needs: { dataset: 'inputs', alone: true },
  when: 'asked',
  async evaluate(trial, options, context) {
    const share = shareOf(trial, options);
    const rows = trial.batchSize;
    const plans = new Map<Library, Map<number, LoadPlan>>();
    /** About as many samples, whatever share a call. */
    const planOf = ({ library: usual, warmMs }: Setup, library: Library, round: number): LoadPlan => {
      const more = library.rows / usual.rows;
      const draws = {
        samples: randomOf(context, 'samples', round),
        log: randomOf(context, 'log', round),
        keep: round === 0 ? Math.ceil(32 / library.rows) : 0,
      };
      const queries = Math.max(1, Math.ceil(share.minQueries / more));
      return offlinePlan({ ...share, minQueries: queries }, warmMs * more, library, draws);
    };
    const groups = await runsUnderLoad(
      trial,
      {
        ...options,
        label: 'measuring offline throughput',
        rows,
        ownBatches: true,
        round: async (setup, round, arms, attempt) => {
          const turns = new Map<string, LoadTurn>();
          for (const { library, ...arm } of arms) {
            const ofRound = plans.get(library) ?? new Map<number, LoadPlan>();
            plans.set(library, ofRound);
            const plan = ofRound.get(round) ?? planOf(setup, library, round);
            ofRound.set(round, plan);
            const turn = await attempt({ library, ...arm }, () => takeLoadTurn(arm.client, plan, plan.drainMs));
            if (turn === null) continue;
            const own = { ...turn, rows: library.rows };
            plannedCalls.set(own, (query) => [plan.calls[query]!]);
            turns.set(arm.id, own);
          }
          return turns;
        },
      },
      context,
    );
    const read = rateOf(rows);
    const sessions = judge(trial, groups, read, loadTarget, 'offline throughput', context);
    return collect(trial, sessions, (session, arm) => [
      {
        ...measureMedian(
          trial,
          session,
          arm,
          { metric: 'offline-throughput', unit: 'requests/s', read, convert: null },
          context,
        ),
        caveat: loadCaveat(session, groups, arm),
      },
    ]);
  },
});
