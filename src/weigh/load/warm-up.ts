import { median } from '../../statistics/index.ts';

export interface WarmUp {
  /** Median of each block in ms: the curve. */
  readonly blocksMs: readonly number[];
  /** Median of the last block: what one call costs when warm. */
  readonly warmMs: number;
  /** False: still improving when a cap was met. */
  readonly settled: boolean;
}

export interface WarmUpLimits {
  /** A block that improves less than this share on the best one before ends the warm-up. */
  readonly improvement: number;
  readonly maxBlocks: number;
  readonly maxMs: number;
  /** A block lasts about this long, with 3 to 200 calls. */
  readonly blockMs: number;
}

export const defaultWarmUp: WarmUpLimits = { improvement: 0.05, maxBlocks: 20, maxMs: 3_000, blockMs: 25 };

/** Run until a block of calls is no longer noticeably faster than the best before it. `call` makes one call and gives its ms.
 *  A fixed number of warm-up calls would leave some processes in a slower mode than others. */
export const warmUp = async (
  call: () => Promise<number>,
  now: () => number,
  limits: WarmUpLimits = defaultWarmUp,
): Promise<WarmUp> => {
  const start = now();
  const first = await call();
  const size = Math.max(3, Math.min(200, Math.ceil(limits.blockMs / Math.max(first, 0.001))));
  const blocksMs: number[] = [];
  let best = Number.POSITIVE_INFINITY;
  for (let block = 0; block < limits.maxBlocks; block++) {
    const durations: number[] = [];
    // A slow model must not spend the whole allowance in one block.
    for (let i = 0; i < size && (i < 1 || now() - start < limits.maxMs); i++) durations.push(await call());
    const blockMs = median(durations);
    blocksMs.push(blockMs);
    if (blockMs > best * (1 - limits.improvement)) return { blocksMs, warmMs: blockMs, settled: true };
    best = Math.min(best, blockMs);
    if (now() - start >= limits.maxMs) break;
  }
  return { blocksMs, warmMs: blocksMs.at(-1)!, settled: false };
};
