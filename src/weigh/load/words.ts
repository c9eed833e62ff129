import type { Comparison } from '../../contracts/index.ts';

/** What an interval of a ratio lets one say. */
export type SpeedWords = 'faster' | 'slower' | 'within noise' | 'no difference detected';

/** Differences smaller than this are not worth a word: as much comes from where a process happens to lie in memory. */
export const defaultNoise = 0.01;

/** Say what a paired ratio of times (candidate over baseline, less is faster) shows. "Faster" and "slower" need the whole interval
 *  beyond the noise; an interval inside it is "within noise"; everything else shows nothing.
 *  Source: criterion.rs, comparison with a noise threshold. */
export const speedWords = ({ low, high }: Pick<Comparison, 'low' | 'high'>, noise = defaultNoise): SpeedWords => {
  const [least, most] = [1 / (1 + noise), 1 + noise];
  if (high < least) return 'faster';
  if (low > most) return 'slower';
  return low >= least && high <= most ? 'within noise' : 'no difference detected';
};
