import * as ridge from '../algebra/ridge.ts';
import * as factorize from '../factorize/jobs.ts';
import * as sparse from '../prune/unstructured-jobs.ts';
import * as blocks from '../quantize/blocks/jobs.ts';
import { quantizeRowBlocks } from '../quantize/blocks/rows.ts';
import { job } from './types.ts';

/** All jobs that worker threads know: a line here, and `workers.run` takes it. The second function estimates elementary steps. */
export const jobs = {
  'blocks/slab': job(blocks.quantizeSlab, ({ weight, method }) => weight.length * (method === 'rtn' ? 5 : 8)),
  'blocks/rows': job(quantizeRowBlocks, ({ values, fit }) => values.length * (fit === 'range' ? 5 : 6)),
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
  'factorize/factors': job(factorize.factorsOf, ({ k, n }) => 3 * Math.min(k, n) ** 3 + k * n * (Math.min(k, n) + k)),
  'factorize/scatter': job(factorize.scatterJob, ({ rows, width }) => (rows.length * width) / 2),
  'factorize/basis': job(factorize.basisJob, ({ width }) => 3 * width ** 3),
  'factorize/project': job(factorize.projectJob, ({ rows, rank }) => rows.length * rank),
  'prune/sparse': job(
    sparse.sparseJob,
    ({ weight, n, gram }) => weight.length * 30 + (gram === null ? 0 : (weight.length * weight.length) / n / 2),
  ),
  'prune/thin': job(ridge.thin, ({ k, n }) => k ** 3 / 6 + k * k * n),
  'recover/fit': job(ridge.fit, ({ k, n }) => k ** 3 / 6 + 2 * k * k * n),
  'prune/histogram': job(sparse.histogramJob, ({ weight }) => weight.length * 20),
} as const;

export type Jobs = typeof jobs;
