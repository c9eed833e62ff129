import { SteelyardError, type Context, type Tensor } from '../../contracts/index.ts';
import { createRoom, toFloat32 } from '../../model/tensor/index.ts';
import { quantizeRows, symmetricScale } from './arithmetic.ts';
import { nearValues, slabsOf, type Slab } from './blocks/slabs.ts';
import { largest } from './row-codes.ts';

/** A table in int8. */
export interface RowCodes {
  /** [rows, width]. */
  readonly codes: Int8Array;
  /** [rows], or [1]. */
  readonly scales: Float32Array;
}

/** Symmetric int8 codes of a table [rows, width] with one scale per row or one for all, read some rows at a time: memory holds these
 *  and the codes. null when it holds NaN or infinity.
 *  Errors: those of reading; `engine/cancelled`. Source: Jacob et al. 2018, §2.1. */
export const codeTable = async (table: Tensor, perRow: boolean, context: Context): Promise<RowCodes | null> => {
  const [rows, width] = table.dims as [number, number];
  // A table is a stored matrix [n, k]: its slabs are whole rows.
  const slabs = slabsOf({ weight: table, transB: true, alpha: 1, n: rows, k: width }, 1, nearValues);
  const room = createRoom();
  const read = async ({ tensor }: Slab): Promise<Float32Array> => {
    if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while quantizing');
    return toFloat32('float32', await context.bytes(tensor, room.take));
  };
  let shared: number | null = null;
  if (!perRow) {
    let magnitude = 0;
    for (const slab of slabs) {
      const own = largest(await read(slab));
      if (!Number.isFinite(own)) return null;
      magnitude = Math.max(magnitude, own);
    }
    shared = symmetricScale(magnitude);
  }
  const codes = new Int8Array(rows * width);
  const scales = new Float32Array(perRow ? rows : 1);
  for (const slab of slabs) {
    const values = await read(slab);
    const from = slab.firstColumn * width;
    const part = quantizeRows(values, width, shared, codes.subarray(from, from + values.length));
    if (part === null) return null;
    scales.set(part.scales, perRow ? slab.firstColumn : 0);
  }
  return { codes, scales };
};
