import type { LoadPlan, Random } from '../../../contracts/index.ts';
import { selectKept, selectSamples } from '../schedule/index.ts';
import type { Library } from './library.ts';
import type { Share } from './options.ts';

/** The streams that a plan is drawn from. */
export interface Draws {
  readonly samples: Random;
  readonly log: Random;
  /** How many queries' outputs come back. */
  readonly keep: number;
}

const longest = 1_000_000;

/** Queries at their times. */
export const arrivalPlan = (
  at: Float64Array,
  library: Pick<Library, 'size' | 'selection'>,
  draws: Draws,
  drainMs: number,
  giveUp: LoadPlan['giveUp'] = null,
): LoadPlan => ({
  at,
  calls: selectSamples(library.selection, at.length, library.size, draws.samples),
  callsPerQuery: 1,
  minQueries: at.length,
  minMs: 0,
  maxMs: at.at(-1) ?? 0,
  drainMs,
  giveUp,
  keep: selectKept(draws.keep, at.length, draws.log),
});

/** One query after the other. `warmMs` of a query decides how many are drawn; should they run out, they begin again. */
export const streamPlan = (
  share: Share,
  warmMs: number,
  callsPerQuery: number,
  library: Pick<Library, 'size' | 'selection'>,
  draws: Draws,
): LoadPlan => {
  const expected = Math.max(share.minQueries, Math.ceil((1.5 * share.minMs) / Math.max(warmMs, 1e-3)));
  const queries = Math.max(1, Math.min(expected, Math.floor(longest / callsPerQuery)));
  return {
    at: null,
    calls: selectSamples(library.selection, queries * callsPerQuery, library.size, draws.samples),
    callsPerQuery,
    minQueries: share.minQueries,
    minMs: share.minMs,
    maxMs: share.maxMs,
    drainMs: Math.max(10_000, 20 * warmMs),
    giveUp: null,
    // Of those that will be sent for certain.
    keep: selectKept(draws.keep, Math.min(queries, share.minQueries), draws.log),
  };
};

/** Everything at once: as many calls as fill the least time, but no more than the longest time allows. */
export const offlinePlan = (
  share: Share,
  warmMs: number,
  library: Pick<Library, 'size' | 'selection'>,
  draws: Draws,
): LoadPlan => {
  const callsIn = (ms: number): number => Math.ceil(ms / Math.max(warmMs, 1e-3));
  const least = Math.max(callsIn(share.minMs), share.minQueries);
  const count = Math.max(1, Math.min(least, callsIn(share.maxMs), longest));
  return arrivalPlan(new Float64Array(count), library, draws, Math.max(30_000, 10 * share.maxMs));
};
