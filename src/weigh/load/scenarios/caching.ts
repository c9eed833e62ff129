import type { LoadClient } from '../../../contracts/index.ts';
import { median } from '../../../statistics/index.ts';
import { violationOf, type Violation } from './compliance.ts';
import { latenciesOf } from './readings.ts';

/** Calls that one is like the other, to look for a cache with. */
export interface Alike {
  /** Calls of the same length; null where too few are. */
  readonly calls: Int32Array | null;
  /** Of those, the ones that were never sent before. */
  readonly fresh: Int32Array;
}

/** What came of it: a violation, or why nothing could be said; neither: no cache was seen. */
export interface CachingCheck {
  readonly violation: Violation | null;
  readonly exempt: string | null;
}

const fewest = 4;
const blocks = 6;
/** What this check may take; slower versions are exempt. */
const mostMs = 20_000;
/** A few calls of each input cannot tell smaller savings from the noise of a connection. */
const leastSavedMs = 1;
/** Nor can times of many calls: the clock, the connection and the processor's caches lean to one side by as much. */
const leastRepeatedMs = 0.1;

const nothingSaid = (exempt: string): CachingCheck => ({ violation: null, exempt });

/** Calls that are `fewest` at least of one kind, and which of them were not among the first `sent`. `kindOf`: what makes calls alike. */
export const alikeOf = (size: number, sent: number, kindOf: (call: number) => string): Alike => {
  const kinds = new Map<string, number[]>();
  for (let call = 0; call < size; call++) {
    const kind = kindOf(call);
    const some = kinds.get(kind) ?? [];
    some.push(call);
    kinds.set(kind, some);
  }
  const largest = [...kinds.values()].reduce((a, b) => (b.length > a.length ? b : a), []);
  return largest.length < fewest
    ? { calls: null, fresh: new Int32Array(0) }
    : { calls: Int32Array.from(largest), fresh: Int32Array.from(largest.filter((call) => call >= sent)) };
};

// All but one block, so that a single disturbed one convicts nobody.
const suspicious = (ratios: readonly number[]): boolean =>
  median(ratios) < 0.9 && ratios.toSorted((a, b) => a - b).at(-2)! < 0.95;

/** An answer that is remembered comes sooner: one sample again and again must not be more than 10 % faster than different ones, and inputs that
 *  are sent a second time no more than 10 % faster than the first time. Where calls fail nothing is said: times of answers and of connections
 *  made anew would be compared. Blocks of both kinds take turns; medians of the blocks' ratios are compared, and a suspicion is tried once more.
 *  Source: MLPerf TEST04 (the same sample again); inputs of different lengths are exempt there too. */
export const checkCaching = async (
  client: Pick<LoadClient, 'play'>,
  { calls: alike, fresh }: Alike,
  warmMs: number,
): Promise<CachingCheck> => {
  if (alike === null) return nothingSaid('the inputs differ in length');
  const size = Math.max(6, Math.min(40, Math.round(40 / Math.max(warmMs, 0.01))));
  if (2 * blocks * size * warmMs > mostMs) return nothingSaid('a call takes too long to repeat it so often');
  let failed = false;
  const timed = async (chosen: Int32Array, count: number): Promise<number> => {
    const played = await client.play({
      at: null,
      calls: chosen,
      callsPerQuery: 1,
      minQueries: count,
      minMs: 0,
      maxMs: 20_000,
      drainMs: 10_000,
      giveUp: null,
      keep: new Int32Array(0),
    });
    failed ||= played.faults.length > 0;
    return median(latenciesOf(played, 0));
  };
  /** Times of the same input over times of different ones, by block; null where calls failed. */
  const repeating = async (): Promise<readonly number[] | null> => {
    const ratios: number[] = [];
    for (let block = 0; block < blocks; block++) {
      const same = new Int32Array(size).fill(alike[block % alike.length]!);
      const different = Int32Array.from({ length: size }, (_, i) => alike[(block + i) % alike.length]!);
      const order = block % 2 === 0 ? [different, same] : [same, different];
      const [first, second] = [await timed(order[0]!, size), await timed(order[1]!, size)];
      const [usual, again] = block % 2 === 0 ? [first, second] : [second, first];
      if (failed) return null;
      ratios.push(usual - again < leastRepeatedMs ? 1 : again / usual);
    }
    return ratios;
  };
  // Each half of the new inputs is a look of its own.
  const half = Math.floor(fresh.length / 2);
  const pieces = Math.min(blocks, Math.floor(half / fewest));
  const each = Math.min(size, Math.floor(half / Math.max(1, pieces)));
  /** Times of the second sending over those of the first before and after it, by block; null where calls failed. */
  const sentTwice = async (look: number): Promise<readonly number[] | null> => {
    const times: { first: number; again: number }[] = [];
    for (let piece = 0; piece < pieces; piece++) {
      const some = fresh.slice(look * half + piece * each, look * half + (piece + 1) * each);
      const first = await timed(some, each);
      times.push({ first, again: await timed(some, each) });
      if (failed) return null;
    }
    return times.map(({ first, again }, at) => {
      const usual = (first + (times[at + 1]?.first ?? first)) / 2;
      return usual - again < leastSavedMs ? 1 : again / usual;
    });
  };
  const looks: (readonly [(time: number) => Promise<readonly number[] | null>, string])[] = [
    // First, while its inputs are new to the other side.
    ...(pieces < 3 ? [] : [[sentTwice, 'an input that was sent before'] as const]),
    [repeating, 'the same input again'],
  ];
  for (const [look, what] of looks) {
    const first = await look(0);
    if (first === null) return nothingSaid('calls failed');
    if (!suspicious(first)) continue;
    // A suspicion must come up again: on a busy machine the times of short calls lean to one side by chance.
    const second = await look(1);
    if (second === null) return nothingSaid('calls failed');
    if (!suspicious(second)) continue;
    const less = ((1 - median([...first, ...second])) * 100).toFixed(0);
    const message = `${what} takes ${less} % less time than different ones: answers seem to be cached`;
    return { violation: violationOf('load/caching', message), exempt: null };
  }
  return { violation: null, exempt: null };
};
