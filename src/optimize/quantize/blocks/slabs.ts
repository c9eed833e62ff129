import type { Context, Tensor } from '../../../contracts/index.ts';
import { toFloat32 } from '../../../model/tensor/index.ts';
import type { Workers } from '../../workers/index.ts';
import type { Linear } from '../../linear.ts';
import { assembly, type Form, type Operands } from './assemble.ts';
import type { SlabInput } from './jobs.ts';
import type { BlockScheme } from './types.ts';

/** About how many weights are read and quantized at a time. */
const slabValues = 1 << 21;

/** The same for rows that are read into memory that is used again: two megabytes stay near the core. */
export const nearValues = 1 << 19;

/** What must be known of a weight to read it: a stored float32 matrix [k, n], or [n, k] when `transB`, times alpha. */
export type Stored = Pick<Linear, 'weight' | 'transB' | 'alpha' | 'k' | 'n'>;

/** A contiguous part of a stored matrix. */
export interface Slab {
  readonly tensor: Tensor;
  /** In the [k, n] matrix. */
  readonly firstRow: number;
  readonly rows: number;
  readonly firstColumn: number;
  readonly columns: number;
}

/** Rows from … to of a stored float32 matrix, by reference; null when its bytes are not as many as its shape says. */
const rowsOf = ({ dtype, dims: [height = 0, width = 0], data }: Tensor, from: number, to: number): Tensor | null => {
  const dims = [to - from, width];
  const [start, length] = [from * width * 4, (to - from) * width * 4];
  if (data.kind === 'file')
    return data.length === height * width * 4
      ? { dtype, dims, data: { ...data, offset: data.offset + start, length } }
      : null;
  if (data.kind !== 'inline' || data.bytes.byteLength !== height * width * 4) return null;
  return { dtype, dims, data: { kind: 'inline', bytes: data.bytes.subarray(start, start + length) } };
};

/** Cut a stored matrix into parts of whole blocks that lie together in the file: rows of [k, n], or columns where [n, k] is stored. Never
 *  depends on the machine. `values`: about how many a part holds. */
export const slabsOf = ({ weight, transB, k, n }: Stored, blockSize: number, values = slabValues): Slab[] => {
  const slabs: Slab[] = [];
  const whole = { tensor: weight, firstRow: 0, rows: k, firstColumn: 0, columns: n };
  if (transB) {
    const step = Math.max(1, Math.floor(values / k));
    for (let from = 0; from < n; from += step) {
      const to = Math.min(n, from + step);
      const tensor = rowsOf(weight, from, to);
      // Reading the whole says what is wrong.
      if (tensor === null) return [whole];
      slabs.push({ tensor, firstRow: 0, rows: k, firstColumn: from, columns: to - from });
    }
    return slabs;
  }
  const step = Math.max(1, Math.floor(values / n / blockSize)) * blockSize;
  for (let from = 0; from < k; from += step) {
    const to = Math.min(k, from + step);
    const tensor = rowsOf(weight, from, to);
    if (tensor === null) return [whole];
    slabs.push({ tensor, firstRow: from, rows: to - from, firstColumn: 0, columns: n });
  }
  return slabs;
};

export interface SlabSettings {
  readonly scheme: BlockScheme;
  readonly form: Form;
  readonly method: SlabInput['method'];
}

/** Quantize one weight slab by slab: only a few slabs and the result are in memory. Answers null when the weight holds NaN or infinity.
 *  `importance` [k]: second moments of the inputs, for k-quant. Errors: those of reading; `engine/cancelled`; `optimize/worker`. */
export const quantizeWeight = async (
  linear: Stored,
  { scheme, form, method }: SlabSettings,
  importance: Float32Array | null,
  workers: Workers,
  context: Context,
): Promise<Operands | null> => {
  const { k, n, alpha, transB } = linear;
  const result = assembly(k, n, scheme, form);
  let finite = true;
  await workers.each(
    'blocks/slab',
    slabsOf(linear, scheme.blockSize),
    async ({ tensor, firstRow, rows, columns }, take) => ({
      weight: toFloat32('float32', await context.bytes(tensor, take)),
      columns,
      byColumn: transB,
      alpha,
      scheme,
      method,
      importance: importance === null ? null : importance.slice(firstRow, firstRow + rows),
      packed: form === 'nbits',
    }),
    (part, { firstRow, rows, firstColumn, columns }) => {
      finite &&= part.finite;
      if (finite) result.place(part, rows, columns, firstRow, firstColumn);
    },
  );
  return finite ? result.done() : null;
};
