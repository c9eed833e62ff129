import type { Random } from '../../../contracts/index.ts';

/** Which sample each call asks for: uniformly with replacement, or by whole shuffles of the set one after another, so that every sample is
 *  asked equally often and the mix of lengths cannot make one run faster than another. */
export type Selection = 'with-replacement' | 'equal-issue';

/** Sample indices for `count` calls over `size` samples. Source: MLPerf LoadGen, sample selection and equal issue mode. */
export const selectSamples = (selection: Selection, count: number, size: number, random: Random): Int32Array => {
  if (selection === 'with-replacement') return Int32Array.from({ length: count }, () => random.integer(size));
  const all = Array.from({ length: size }, (_, i) => i);
  const chosen = new Int32Array(count);
  for (let from = 0; from < count; from += size) chosen.set(random.shuffle(all).slice(0, count - from), from);
  return chosen;
};

/** Queries whose outputs are looked at: a random subset, ascending. */
export const selectKept = (count: number, queries: number, random: Random): Int32Array =>
  Int32Array.from(
    random
      .shuffle(Array.from({ length: queries }, (_, i) => i))
      .slice(0, count)
      .sort((a, b) => a - b),
  );
