import { instantiate, reserve } from '../../../simd/instantiate.ts';
import { columnsAtOnce, faultsAt, nearestDataAt, nearestKernel, type NearestKernel } from './nearest-kernel.ts';
import type { BlockScheme, RowBlocks } from './types.ts';

export interface NearestRows {
  /** [rows, width] */
  readonly values: Float32Array;
  readonly width: number;
  /** 4 or 8 bits, with zero points; rows fill whole bytes. */
  readonly scheme: BlockScheme;
  readonly halfScales: boolean;
}

const kernels = new Map<string, NearestKernel>();
const kernelFor = (bits: BlockScheme['bits'], halfScales: boolean): NearestKernel => {
  const key = `${bits} ${halfScales}`;
  const known = kernels.get(key);
  if (known !== undefined) return known;
  const made = instantiate<NearestKernel>(nearestKernel({ bits, symmetric: false, beside: false, halfScales }));
  kernels.set(key, made);
  return made;
};

/** Values that are brought to the kernel at a time. */
const chunkValues = 1 << 16;
const rowsAtOnce = columnsAtOnce({ beside: false });

/** Round the blocks along rows to nearest, each over its own range, zero included: a block is the kernel's column, several rows at a time.
 *  Shapes: see `RowBlocks`; a row's last block may be short. Errors: none. Source: ONNX Runtime's block quantizer. */
export const nearestRows = ({ values, width, scheme, halfScales }: NearestRows): RowBlocks => {
  const { bits, blockSize } = scheme;
  const rows = values.length / width;
  const blocks = Math.ceil(width / blockSize);
  const bytes = (width * bits) / 8;
  const codes = new Uint8Array(rows * bytes);
  const scales = new Float32Array(rows * blocks);
  const zeros = new Uint8Array(rows * blocks);
  const { memory, nearest } = kernelFor(bits, halfScales);
  const step = rowsAtOnce * Math.ceil(Math.min(rows, Math.max(1, chunkValues / width)) / rowsAtOnce);
  // The kernel writes whole words: a row's last block may reach over its end.
  const line = 4 * Math.ceil((blocks * blockSize * bits) / 32);
  const at = { values: nearestDataAt, codes: 0, scales: 0, points: 0 };
  at.codes = at.values + 4 * step * width;
  at.scales = at.codes + step * line;
  at.points = at.scales + 4 * step * blocks;
  reserve(memory, at.points + 4 * step);
  const { buffer } = memory;
  const part = new Float32Array(buffer, at.values, step * width);
  const points = new Int32Array(buffer, at.points, step);
  const faults = new Float32Array(buffer, faultsAt, 4).fill(0);
  for (let first = 0; first < rows; first += step) {
    const height = Math.min(step, rows - first);
    part.set(values.subarray(first * width, (first + height) * width));
    part.fill(0, height * width);
    for (let block = 0; block < blocks; block++) {
      const left = block * blockSize;
      const count = Math.min(width - left, blockSize);
      nearest(
        at.values + 4 * left,
        4 * width,
        4,
        count,
        blockSize,
        Math.ceil(height / rowsAtOnce),
        at.codes + (left * bits) / 8,
        line,
        at.scales + 4 * block,
        4 * blocks,
        at.points,
      );
      for (let row = 0; row < height; row++) zeros[(first + row) * blocks + block] = points[row]!;
    }
    scales.set(new Float32Array(buffer, at.scales, height * blocks), first * blocks);
    const coded = new Uint8Array(buffer, at.codes, height * line);
    if (line === bytes) codes.set(coded, first * bytes);
    else
      for (let row = 0; row < height; row++)
        codes.set(coded.subarray(row * line, row * line + bytes), (first + row) * bytes);
  }
  return { codes, scales, zeros, finite: faults.every((fault) => fault === 0) };
};
