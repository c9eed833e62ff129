import { SteelyardError, type LoadClient, type LoadPlan, type Played } from '../../../contracts/index.ts';
import { median } from '../../../statistics/index.ts';
import type { Turn } from '../rounds.ts';
import { watch, type Watched } from '../watch.ts';
import { answeredCount, latenciesOf } from './readings.ts';

/** One run of one version under load. */
export interface LoadTurn extends Turn {
  readonly played: Played;
  readonly watched: Watched;
}

/** A version's run as a turn: `samples` are the latencies of its queries, `ms` their median.
 *  Errors: what its process died of; its first fault when nothing was answered; `load/nothing-sent` when the plan was empty. */
export const turnOf = (played: Played, watched: Watched, lostMs: number, involuntarySwitches = 0): LoadTurn => {
  const own = played.faults.find(({ code }) => code.startsWith('runtime/') || code === 'load/client');
  if (own !== undefined) throw new SteelyardError(own.code, own.message);
  // Who gave up early has shown enough: that it was too slow.
  if (answeredCount(played) === 0 && !played.gaveUp) {
    const [first] = played.faults;
    if (first !== undefined) throw new SteelyardError(first.code, `no request was answered: ${first.message}`);
    throw played.state.length === 0
      ? new SteelyardError('load/nothing-sent', 'the schedule holds no request', 'give more seconds or a higher rate')
      : new SteelyardError('load/unanswered', `none of ${played.state.length} requests was answered in time`);
  }
  const latencies = latenciesOf(played, lostMs);
  return {
    ms: median(latencies),
    cpuMs: 0,
    samples: [...latencies],
    turnMs: latencies.reduce((sum, ms) => sum + ms, 0),
    wallMs: watched.ms,
    involuntarySwitches,
    played,
    watched,
  };
};

/** Play a plan and watch the machine meanwhile. Errors: as `turnOf`; those of the client. */
export const takeLoadTurn = async (client: LoadClient, plan: LoadPlan, lostMs: number): Promise<LoadTurn> => {
  const before = await client.usage();
  const end = watch();
  const played = await client.play(plan);
  const watched = end();
  const own = played.faults.find(({ code }) => code.startsWith('runtime/'));
  const after = before === null || own !== undefined ? null : await client.usage();
  return turnOf(
    played,
    watched,
    lostMs,
    after === null ? 0 : after.involuntaryContextSwitches - before!.involuntaryContextSwitches,
  );
};
