// Latency of several versions in one session of interleaved rounds, and the ratio of any two of them.
import { parseOptions, type Feeds } from '../src/contracts/index.ts';
import { estimateMedian } from '../src/weigh/load/ratios.ts';
import { judge, seriesOf } from '../src/weigh/load/compare.ts';
import { timedRounds, timingOptions } from '../src/weigh/load/timing.ts';
import { benchContext, benchSubject, benchTrial, type Variant } from './latency.ts';
import type { Ratio } from './table.ts';

export interface PairedTimings {
  /** Median ms of a version; null when it failed. */
  ms(id: string): number | null;
  /** Time of `id` over time of `of`, from the same rounds; null when one of them failed. From 0 to infinity after too few rounds. */
  ratio(id: string, of: string): Ratio | null;
  readonly failed: ReadonlyMap<string, string>;
  readonly rounds: number;
  /** What to know about the session, or null. */
  readonly caveat: string | null;
}

/** With fewer rounds an interval would say more than anybody knows. */
const fewestRounds = 8;

/** Time all versions together; the first is the baseline, which also runs a second time as the A/A arm.
 *  `options` are those of `load/latency`. Errors: of the baseline. */
export const timePaired = async (
  variants: Readonly<Record<string, Variant>>,
  batches: readonly Feeds[],
  options: Readonly<Record<string, unknown>>,
): Promise<PairedTimings> => {
  const [baseline, ...candidates] = await Promise.all(
    Object.entries(variants).map(([id, variant]) => benchSubject(id, variant)),
  );
  const context = benchContext();
  const trial = benchTrial(baseline!, candidates, batches);
  const parsed = parseOptions('load/latency', timingOptions, { together: 64, ...options });
  const groups = await timedRounds(trial, parsed, 1, 'measuring latency', context);
  const read = ({ ms }: { readonly ms: number }): number => ms;
  const [session] = judge(trial, groups, read, parsed.target, 'latency', context);
  const { group, spread, caveat } = session!;
  const alive = (id: string): boolean =>
    id === baseline!.id || (group.candidates.includes(id) && !group.failed.has(id));
  const settings = { confidence: trial.confidence, random: context.random('pairs') };
  return {
    ms: (id) => (alive(id) ? estimateMedian(seriesOf(group, id, read), spread, settings).value : null),
    ratio(id, of) {
      if (!alive(id) || !alive(of)) return null;
      const [mine, theirs] = [seriesOf(group, id, read), seriesOf(group, of, read)];
      const values = Array.from(mine.values, (value, i) => value / theirs.values[i]!);
      const { value, low, high } = estimateMedian({ ...mine, values }, spread, settings);
      return values.length < fewestRounds ? { value, low: 0, high: Number.POSITIVE_INFINITY } : { value, low, high };
    },
    failed: new Map([...group.failed].map(([id, { code, message }]) => [id, `${code}: ${message}`])),
    rounds: group.rounds.length,
    caveat,
  };
};
