import { SteelyardError, type Context } from '../../../contracts/index.ts';
import { instantiate, reserve, type Memory } from '../../../simd/instantiate.ts';
import type { Operands } from './assemble.ts';
import { columnsAtOnce, faultsAt, nearestDataAt, nearestKernel, type NearestKernel } from './nearest-kernel.ts';
import { blockBytesOf, packZeros } from './pack.ts';
import { slabsOf, type Slab, type Stored } from './slabs.ts';
import type { BlockScheme } from './types.ts';

/** Rounds the weights of one model to nearest, one after another: they are read into the memory that the arithmetic runs in. */
export interface Rounder {
  /** Operands of MatMulNBits; null where the weight holds NaN or infinity.
   *  Errors: those of reading; `engine/cancelled`. One call at a time. */
  operands(linear: Stored): Promise<Operands | null>;
}

/** Whether the rounder does it: columns are taken four or sixteen at a time. */
export const canRound = ({ n }: Stored): boolean => n >= 16;

/** Where each run of columns begins, and how many times `atOnce` columns it has: the last one reaches back over columns that are done. */
const runsOf = (columns: number, atOnce: number): readonly { readonly first: number; readonly groups: number }[] => {
  const groups = Math.floor(columns / atOnce);
  const whole = { first: 0, groups };
  return groups * atOnce === columns ? [whole] : [whole, { first: columns - atOnce, groups: 1 }];
};

/** Where things of one weight lie in the kernel's memory, in bytes: the result, zero points of one row of blocks, and a slab of values. */
interface Places {
  readonly codes: number;
  readonly scales: number;
  readonly points: number;
  readonly values: number;
}

const placesOf = (n: number, blocks: number, bytes: number): Places => {
  const codes = nearestDataAt;
  const scales = codes + n * blocks * bytes;
  const points = scales + 4 * n * blocks;
  // Aligned, so that values may be read as they come.
  return { codes, scales, points, values: points + 16 * Math.ceil(n / 4) };
};

/** Round to nearest in blocks, packed as MatMulNBits wants it. Memory: a slab, and the result twice.
 *  Shapes: see `Operands`. Source: ONNX Runtime's block quantizer for MatMulNBits. */
export const createRounder = (scheme: BlockScheme, context: Context): Rounder => {
  const { bits, symmetric, blockSize } = scheme;
  const bytes = blockBytesOf(scheme);
  const kernels = new Map<boolean, NearestKernel>();
  const kernelFor = (beside: boolean): NearestKernel => {
    const known = kernels.get(beside);
    if (known !== undefined) return known;
    const made = instantiate<NearestKernel>(nearestKernel({ bits, symmetric, beside }));
    kernels.set(beside, made);
    return made;
  };

  /** A slab in the kernel's memory, multiplied by alpha. */
  const read = async ({ tensor }: Slab, alpha: number, memory: Memory, at: number): Promise<void> => {
    const place = (length: number): Uint8Array => {
      reserve(memory, at + length);
      return new Uint8Array(memory.buffer, at, length);
    };
    const stored = await context.bytes(tensor, place);
    if (stored.buffer !== memory.buffer) place(stored.byteLength).set(stored);
    if (alpha === 1) return;
    const values = new Float32Array(memory.buffer, at, stored.byteLength / 4);
    for (let i = 0; i < values.length; i++) values[i]! *= alpha;
  };

  return {
    operands: async (linear) => {
      const { k, n, alpha, transB } = linear;
      const blocks = Math.ceil(k / blockSize);
      const zeros = new Uint8Array(symmetric ? 0 : blocks * n);
      const { memory, nearest } = kernelFor(!transB);
      const atOnce = columnsAtOnce({ beside: !transB });
      const at = placesOf(n, blocks, bytes);
      for (const slab of slabsOf(linear, blockSize)) {
        if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while quantizing');
        const { rows, columns, firstRow, firstColumn } = slab;
        await read(slab, alpha, memory, at.values);
        const faults = new Float32Array(memory.buffer, faultsAt, 4).fill(0);
        const points = new Int32Array(memory.buffer, at.points, columns);
        const [lane, row] = transB ? [4 * rows, 4] : [4, 4 * columns];
        for (let top = 0; top < rows; top += blockSize) {
          const count = Math.min(blockSize, rows - top);
          const block = (firstRow + top) / blockSize;
          for (const { first, groups } of runsOf(columns, atOnce)) {
            const place = (firstColumn + first) * blocks + block;
            nearest(
              at.values + first * lane + top * row,
              lane,
              row,
              count,
              blockSize,
              groups,
              at.codes + place * bytes,
              blocks * bytes,
              at.scales + 4 * place,
              4 * blocks,
              at.points + 4 * first,
            );
          }
          if (!symmetric) zeros.set(points, block * n + firstColumn);
        }
        if (faults.some((fault) => fault !== 0)) return null;
      }
      return {
        codes: new Uint8Array(memory.buffer, at.codes, n * blocks * bytes).slice(),
        scales: new Float32Array(memory.buffer, at.scales, n * blocks).slice(),
        zeros: symmetric ? null : packZeros(zeros, n, bits),
      };
    },
  };
};
