import type { Point } from '../../contracts/index.ts';
import { counts, type Shape } from './shape.ts';

/** How alike points are, as a search believes before it has looked. */
export interface KernelOptions {
  /** Share of the variance that comes from dimensions one by one; the rest from their joint settings. */
  readonly additive: number;
  /** How fast joint likeness falls with each difference. */
  readonly decay: number;
  /** How much each dimension matters, summing to 1. */
  readonly relevance: readonly number[];
}

/** A point's values; one more than the largest value where a dimension does not count. */
export type Coded = Uint16Array;

/** A point as a kernel reads it. */
export const coded = (shape: Shape, point: Point): Coded =>
  Uint16Array.from(point, (value, dimension) => (counts(shape, point, dimension) ? value : shape.sizes[dimension]!));

/** The kernel: additive × Σ relevance · likeness + (1 − additive) × exp(−decay · Σ differences). Values of an ordered dimension are the liker the
 *  nearer, others are equal or not; a dimension that does not count adds nothing by itself. 1 for equal points where everything counts.
 *  Source: Duvenaud, Nickisch & Rasmussen 2011 (additive kernels); Hutter et al. 2011 (Hamming distance of categories). */
export const kernelOf = (
  shape: Shape,
  { additive, decay, relevance }: KernelOptions,
): ((a: Coded, b: Coded) => number) => {
  const dimensions = shape.sizes.length;
  const most = Math.max(...relevance, 1e-12);
  // Both terms of each dimension, for every pair of values, side by side.
  const tables = shape.sizes.map((size, dimension) => {
    const own = new Float64Array((size + 1) * (size + 1) * 2);
    const steep = decay * (0.15 + 0.85 * (relevance[dimension]! / most));
    const span = Math.max(1, size - 1);
    for (let a = 0; a <= size; a++)
      for (let b = 0; b <= size; b++) {
        const idle = a === size || b === size;
        const ordered = shape.ordered[dimension]!;
        const apart = a === b ? 0 : ordered ? (idle ? 1.5 : (1.5 * Math.abs(a - b)) / span) : 1;
        const alike = idle ? 0 : a === b ? 1 : ordered ? Math.exp((-2 * Math.abs(a - b)) / span) : 0;
        const at = (a * (size + 1) + b) * 2;
        own[at] = additive * relevance[dimension]! * alike;
        own[at + 1] = -steep * apart;
      }
    return own;
  });
  const strides = shape.sizes.map((size) => size + 1);
  return (a, b) => {
    let sum = 0;
    let apart = 0;
    for (let dimension = 0; dimension < dimensions; dimension++) {
      const table = tables[dimension]!;
      const at = (a[dimension]! * strides[dimension]! + b[dimension]!) * 2;
      sum += table[at]!;
      apart += table[at + 1]!;
    }
    return sum + (1 - additive) * Math.exp(apart);
  };
};
