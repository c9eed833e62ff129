import { SteelyardError } from '../../contracts/index.ts';
import type { Context, Tensor } from '../../contracts/index.ts';
import { bitsOf, toFloat32 } from '../../model/tensor/index.ts';
import { isFinite32 } from '../algebra/matrix.ts';

/** A constant with only some entries along an axis, in the order asked for. `extra` bytes become one more entry at the end.
 *  Shapes: [..., n, ...] → [..., entries.length (+ 1), ...]; the entries along the axis fill whole bytes.
 *  Errors: `engine/cancelled`; those of reading and keeping. */
export const cutAxis = async (
  tensor: Tensor,
  axis: number,
  entries: readonly number[],
  context: Context,
  extra: Uint8Array | null = null,
): Promise<Tensor> => {
  if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while cutting tables');
  const { dims, dtype } = tensor;
  const size = dims[axis]!;
  const outer = dims.slice(0, axis).reduce((all, dim) => all * dim, 1);
  const width = (dims.slice(axis + 1).reduce((all, dim) => all * dim, 1) * bitsOf(dtype)) / 8;
  const from = await context.bytes(tensor);
  const to = new Uint8Array((outer * entries.length + (extra === null ? 0 : 1)) * width);
  let at = 0;
  for (let block = 0; block < outer; block++)
    for (const entry of entries) {
      const start = (block * size + entry) * width;
      to.set(from.subarray(start, start + width), at);
      at += width;
    }
  if (extra !== null) to.set(extra, at);
  const count = entries.length + (extra === null ? 0 : 1);
  return context.keep({
    dtype,
    dims: dims.map((dim, place) => (place === axis ? count : dim)),
    data: { kind: 'inline', bytes: to },
  });
};

/** The mean of some rows of a float32 table; rows that hold NaN or infinity are left out, and without any row it is 0.
 *  Shapes: [rows, …] → the bytes of one row. Errors: those of reading. */
export const meanRow = async (tensor: Tensor, rows: readonly number[], context: Context): Promise<Uint8Array> => {
  const width = tensor.dims.slice(1).reduce((all, dim) => all * dim, 1);
  const values = toFloat32('float32', await context.bytes(tensor));
  const sums = new Float64Array(width);
  let count = 0;
  for (const row of rows) {
    const own = values.subarray(row * width, (row + 1) * width);
    if (!isFinite32(own)) continue;
    count++;
    for (let i = 0; i < width; i++) sums[i]! += own[i]!;
  }
  const mean = Float32Array.from(sums, (sum) => sum / Math.max(1, count));
  return new Uint8Array(mean.buffer);
};
