import type { TrialRecord } from '../../contracts/index.ts';

/** Seconds that a look is taken to need while nothing is known: building a version and running it on a few rows. */
const unknownLook = 15;

/** How many of the looks that are asked for fit into the time that is left. A look takes as long as the longest one before it at the same rung,
 *  or at any where none was there; of a first batch at least one is begun, as nothing else would tell what a look takes.
 *  A pure function of the records: an interrupted search takes the same batches again. Units: seconds. */
export const fitting = (
  asks: readonly { readonly rung: number }[],
  trials: readonly Pick<TrialRecord, 'rung' | 'seconds'>[],
  seconds: number,
): number => {
  let left = seconds - trials.reduce((sum, one) => sum + one.seconds, 0);
  const longest = (rung: number): number => {
    const known = trials.filter((one) => one.rung === rung);
    const from = known.length > 0 ? known : trials;
    return from.length === 0 ? unknownLook : Math.max(...from.map((one) => one.seconds));
  };
  let count = 0;
  for (const { rung } of asks) {
    left -= longest(rung);
    if (left < 0) break;
    count++;
  }
  return trials.length === 0 ? Math.max(count, Math.min(1, asks.length)) : count;
};
