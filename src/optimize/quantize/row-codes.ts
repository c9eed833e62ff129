import { instantiate, reserve, type Memory } from '../../simd/instantiate.ts';
import { rowKernel } from './row-kernel.ts';

interface Kernel {
  readonly memory: Memory;
  readonly magnitude: (from: number, end: number, out: number) => void;
  readonly code: (from: number, end: number, target: number, scale: number) => void;
}

/** Values that are brought to the kernel at a time, where they lie, and where their codes go; before them a scale and an answer. */
const chunkValues = 1 << 16;
const outAt = 16;
const valuesAt = 64;

let made: Kernel | null = null;
const kernelWith = (values: number): Kernel => {
  made ??= instantiate<Kernel>(rowKernel());
  reserve(made.memory, valuesAt + 5 * values);
  return made;
};

const bits = new Int32Array(1);
const bitsAsFloat = new Float32Array(bits.buffer);
const magnitudeOf = (most: Int32Array): number => {
  bits[0] = Math.max(most[0]!, most[1]!, most[2]!, most[3]!);
  return bitsAsFloat[0]!;
};

/** The largest |value|; NaN or infinity when one of the values is. */
export const largest = (values: Float32Array, from = 0, to = values.length): number => {
  const { memory, magnitude } = kernelWith(chunkValues);
  const chunk = new Float32Array(memory.buffer, valuesAt, chunkValues);
  const out = new Int32Array(memory.buffer, outAt, 4);
  const most = new Int32Array(4);
  for (let at = from; at < to; at += chunkValues) {
    const count = Math.min(chunkValues, to - at);
    chunk.set(values.subarray(at, at + count));
    // The kernel takes four values at a time.
    chunk.fill(0, count, Math.min(chunkValues, 4 * Math.ceil(count / 4)));
    magnitude(valuesAt, valuesAt + 16 * Math.ceil(count / 4), outAt);
    for (let lane = 0; lane < 4; lane++) most[lane] = Math.max(most[lane]!, out[lane]!);
  }
  return magnitudeOf(most);
};

/** Symmetric int8 of rows [rows, width] with one scale per row, by its largest magnitude; null when a value is not finite.
 *  Shapes: codes as values, scales [rows]. Source: ONNX QuantizeLinear. */
export const codeRows = (
  values: Float32Array,
  width: number,
  scaleOf: (magnitude: number) => number,
  codes: Int8Array,
): Float32Array | null => {
  const rows = values.length / width;
  const scales = new Float32Array(rows);
  // Rows begin at multiples of four values here.
  const stride = 4 * Math.ceil(width / 4);
  const atOnce = Math.max(1, Math.min(rows, Math.floor(chunkValues / stride)));
  const { memory, magnitude, code } = kernelWith(atOnce * stride);
  const chunk = new Float32Array(memory.buffer, valuesAt, atOnce * stride);
  const target = valuesAt + chunk.byteLength;
  const coded = new Int8Array(memory.buffer, target, atOnce * stride);
  const out = new Int32Array(memory.buffer, outAt, 4);
  const scale = new Float32Array(memory.buffer, 0, 1);
  if (stride !== width) chunk.fill(0);
  for (let first = 0; first < rows; first += atOnce) {
    const count = Math.min(atOnce, rows - first);
    const own = values.subarray(first * width, (first + count) * width);
    if (stride === width) chunk.set(own);
    else for (let row = 0; row < count; row++) chunk.set(own.subarray(row * width, (row + 1) * width), row * stride);
    for (let row = 0; row < count; row++) {
      const from = valuesAt + 4 * row * stride;
      magnitude(from, from + 4 * stride, outAt);
      const most = magnitudeOf(out);
      if (!Number.isFinite(most)) return null;
      scale[0] = scaleOf(most);
      scales[first + row] = scale[0];
      code(from, from + 4 * stride, target + row * stride, 0);
    }
    if (stride === width) codes.set(coded.subarray(0, count * width), first * width);
    else
      for (let row = 0; row < count; row++)
        codes.set(coded.subarray(row * stride, row * stride + width), (first + row) * width);
  }
  return scales;
};
