import * as blocks from '../quantize/blocks/jobs.ts';
import { job } from './types.ts';

/** All jobs that worker threads know: a line here, and `workers.run` takes it. The second function estimates elementary steps. */
export const jobs = {
  'blocks/slab': job(blocks.quantizeSlab, ({ weight, method }) => weight.length * (method === 'rtn' ? 5 : 100)),
  'blocks/factor': job(blocks.factorJob, ({ k }) => k ** 3 / 6),
  'blocks/propagate': job(blocks.propagateColumns, ({ order, from, to }) => (order.length ** 2 * (to - from)) / 2),
  'blocks/clip': job(
    blocks.clipColumns,
    ({ weight, all, from, to, scheme }) => (weight.length / all) * (to - from) * scheme.blockSize * 6,
  ),
  'blocks/grams': job(blocks.gramsJob, ({ rows, blockSize }) => (rows.length * blockSize) / 2),
  'blocks/row-sizes': job(blocks.rowSizesJob, ({ weight }) => weight.length * 2),
  'blocks/scaling': job(
    blocks.scalingJob,
    ({ rows, columns, candidates, weight }) =>
      (candidates.length / (weight.length / columns)) * rows.length * Math.min(128, columns),
  ),
} as const;

export type Jobs = typeof jobs;
