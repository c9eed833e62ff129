import type { Context, LoadPlan, Trial } from '../../../contracts/index.ts';
import { randomOf, shareOf } from './options.ts';
import { streamPlan } from './plans.ts';
import { plannedCalls, runsUnderLoad, type LoadGroup } from './runs.ts';
import { takeLoadTurn } from './turn.ts';

export interface StreamSettings {
  readonly label: string;
  readonly rows: number;
  readonly callsPerQuery: number;
  readonly runs: number;
  readonly laps: number;
  readonly seconds: number;
  readonly minQueries: number;
  readonly maxSeconds: number;
  readonly together: number;
}

/** How many answers of the first run are compared with those of the quality run. */
const outputs = 32;

/** Runs in which each query is sent when the one before it was answered. Errors: as `runsUnderLoad`. */
export const streamRuns = (trial: Trial, settings: StreamSettings, context: Context): Promise<readonly LoadGroup[]> => {
  const share = shareOf(trial, settings);
  const { callsPerQuery } = settings;
  const plans = new Map<number, LoadPlan>();
  return runsUnderLoad(
    trial,
    {
      ...settings,
      round: async ({ library, warmMs }, round, arms, attempt) => {
        const draws = {
          samples: randomOf(context, 'samples', round),
          log: randomOf(context, 'log', round),
          keep: round === 0 ? Math.ceil(outputs / (callsPerQuery * settings.rows)) : 0,
        };
        const plan = plans.get(round) ?? streamPlan(share, warmMs * callsPerQuery, callsPerQuery, library, draws);
        plans.set(round, plan);
        const turns = new Map();
        for (const arm of arms) {
          const turn = await attempt(arm, () => takeLoadTurn(arm.client, plan, plan.drainMs));
          if (turn === null) continue;
          const { calls } = plan;
          plannedCalls.set(turn, (query) =>
            Array.from({ length: callsPerQuery }, (_, i) => calls[(query * callsPerQuery + i) % calls.length]!),
          );
          turns.set(arm.id, turn);
        }
        return turns;
      },
    },
    context,
  );
};
