import { addProduct, addProductRow, lanes } from '../../algebra/panels.ts';
import { roundBlocks } from './rtn.ts';
import type { BlockScheme } from './types.ts';

/** Exponents of the activations' size that are tried. */
const ratios: readonly number[] = Array.from({ length: 10 }, (_, i) => i / 10);
/** Columns of a weight that the search looks at, evenly spread. */
const mostColumns = 128;

/** Numbers of at most 128 columns, evenly spread. */
export const sampledColumns = (columns: number): Int32Array => {
  const count = Math.min(columns, mostColumns);
  return Int32Array.from({ length: count }, (_, i) => Math.floor((i * columns) / count));
};

/** The sampled columns of a matrix. Shapes: [k, columns] → [k, sampled]. */
const pick = (weight: Float32Array, columns: number): { readonly part: Float32Array; readonly count: number } => {
  const chosen = sampledColumns(columns);
  const count = chosen.length;
  const k = weight.length / columns;
  const part = new Float32Array(k * count);
  for (let row = 0; row < k; row++)
    for (let i = 0; i < count; i++) part[row * count + i] = weight[row * columns + chosen[i]!]!;
  return { part, count };
};

/** How large each row's weights are beside the largest of their block: mean over columns of |w| / max|w|.
 *  Shapes: [k, columns] → [k]. */
export const rowSizes = (weight: Float32Array, columns: number, blockSize: number): Float32Array => {
  const { part, count } = pick(weight, columns);
  const k = part.length / count;
  const sizes = new Float32Array(k);
  for (let first = 0; first < k; first += blockSize) {
    const last = Math.min(k, first + blockSize);
    for (let column = 0; column < count; column++) {
      let most = 0;
      for (let row = first; row < last; row++) most = Math.max(most, Math.abs(part[row * count + column]!));
      if (most === 0) continue;
      for (let row = first; row < last; row++) sizes[row]! += Math.abs(part[row * count + column]!) / most / count;
    }
  }
  return sizes;
};

/** Mean |x| per input. Shapes: rows [rows, k] → [k]. */
export const meanSizes = (rows: Float32Array, k: number): Float32Array => {
  const sums = new Float64Array(k);
  for (let at = 0; at < rows.length; at += k) for (let i = 0; i < k; i++) sums[i]! += Math.abs(rows[at + i]!);
  return Float32Array.from(sums, (sum) => sum / Math.max(1, rows.length / k));
};

/** Scales to try, one after another in one array [count, k]: first all ones (nothing is scaled), then a^r and a^r / w^(1−r) for r from 0
 *  to 0.9, a the inputs' size and w the weights', each with √(largest · smallest) = 1. Inputs that hardly ever move count as a thousandth of the mean.
 *  Source: Lin et al. 2023, AWQ, §3.2, and the grids of its implementations. */
export const candidateScales = (inputs: Float32Array, weights: Float32Array): Float32Array => {
  const k = inputs.length;
  const floorOf = (sizes: Float32Array): number =>
    Math.max((sizes.reduce((sum, size) => sum + size, 0) / k) * 1e-3, 1e-30);
  const [least, lightest] = [floorOf(inputs), floorOf(weights)];
  const candidates: Float32Array[] = [new Float32Array(k).fill(1)];
  const add = (scaleOf: (i: number) => number): void => {
    const scales = Float64Array.from({ length: k }, (_, i) => scaleOf(i));
    let low = Number.POSITIVE_INFINITY;
    let high = 0;
    for (const scale of scales) {
      low = Math.min(low, scale);
      high = Math.max(high, scale);
    }
    const by = Math.sqrt(low * high);
    if (by > 0 && Number.isFinite(by))
      candidates.push(Float32Array.from(scales, (scale) => Math.max(scale / by, 1e-4)));
  };
  for (const ratio of ratios) {
    if (ratio > 0) add((i) => Math.max(inputs[i]!, least) ** ratio);
    add((i) => Math.max(inputs[i]!, least) ** ratio / Math.max(weights[i]!, lightest) ** (1 - ratio));
  }
  const all = new Float32Array(candidates.length * k);
  candidates.forEach((scales, at) => all.set(scales, at * k));
  return all;
};

export interface ScaleSearchInput {
  /** Sampled inputs [rows, k]. */
  readonly rows: Float32Array;
  /** [k, columns]. */
  readonly weight: Float32Array;
  readonly columns: number;
  /** Scales to try [count, k]. */
  readonly candidates: Float32Array;
  readonly scheme: BlockScheme;
}

/** For each candidate s: ‖X·W − X·Q(W·s)/s‖² on the sampled rows and columns, Q round to nearest; scaled up to all columns, so that errors of
 *  several weights with the same input may be added. Shapes: → [count]. */
export const scalingErrors = ({ rows, weight, columns, candidates, scheme }: ScaleSearchInput): Float64Array => {
  const { part, count } = pick(weight, columns);
  const k = part.length / count;
  const samples = rows.length / k;
  const panels = Math.ceil(count / lanes);
  const scaled = new Float32Array(part.length);
  const off = new Float64Array(panels * k * lanes);
  const results = new Float64Array(panels * samples * lanes);
  const errors = new Float64Array(candidates.length / k);
  for (let candidate = 0; candidate < errors.length; candidate++) {
    const at = candidate * k;
    for (let row = 0; row < k; row++) {
      const by = candidates[at + row]!;
      for (let column = 0; column < count; column++) scaled[row * count + column] = part[row * count + column]! * by;
    }
    const { codes, scales, zeros } = roundBlocks(scaled, count, scheme);
    for (let row = 0; row < k; row++) {
      const by = candidates[at + row]!;
      const block = Math.floor(row / scheme.blockSize) * count;
      for (let column = 0; column < count; column++) {
        const back = ((codes[row * count + column]! - zeros[block + column]!) * scales[block + column]!) / by;
        off[((column >> 2) * k + row) * lanes + (column & 3)] = back - part[row * count + column]!;
      }
    }
    results.fill(0);
    for (let panel = 0; panel < panels; panel++) {
      const [from, to] = [panel * k * lanes, panel * samples * lanes];
      let row = 0;
      for (; row + 2 <= samples; row += 2) addProduct(rows, k, row, 0, k, off, from, results, to);
      if (row < samples) addProductRow(rows, k, row, 0, k, off, from, results, to);
    }
    let error = 0;
    for (let i = 0; i < results.length; i++) error += results[i]! * results[i]!;
    errors[candidate] = (error * columns) / count;
  }
  return errors;
};
