import { instantiate, reserve, type Memory } from '../../simd/instantiate.ts';
import { columnArrays, columnKernel } from './column-kernel.ts';

interface Kernel {
  readonly memory: Memory;
  readonly widen: (source: number, rows: number, columns: number, array: number) => void;
  readonly code: (source: number, rows: number, columns: number, array: number, target: number) => void;
}

let made: Kernel | null = null;

/** The kernel with memory for so many bytes. */
const kernelWith = (bytes: number): Kernel => {
  made ??= instantiate<Kernel>(columnKernel());
  reserve(made.memory, bytes);
  return made;
};

/** About how many values are brought to the kernel at a time. */
const chunkValues = 1 << 16;

/** Fewer columns than the kernel takes at a time are gone through one by one. */
const few = 4;

/** A span of values is seen as rows of so many. */
const spanColumns = 1024;

/** Adding and subtracting 1.5 · 2^52 rounds a double of magnitude < 2^51 to the nearest integer, ties to even. */
const half = 6755399441055744;

interface Chunk {
  readonly kernel: Kernel;
  readonly rows: number;
  /** Bytes from one array of columns to the next, and where values and codes lie. */
  readonly array: number;
  readonly source: number;
  readonly target: number;
}

const chunkFor = (length: number, columns: number): Chunk => {
  const rows = Math.max(1, Math.min(length / columns, Math.floor(chunkValues / columns)));
  const array = 16 * Math.ceil(columns / 4);
  const source = columnArrays.length * array;
  const target = source + 4 * rows * columns;
  return { kernel: kernelWith(target + rows * columns), rows, array, source, target };
};

/** Columns of a [rows, columns] matrix, some rows at a time: `work` on what lies in the kernel's memory. */
const eachChunk = (
  values: Float32Array,
  columns: number,
  { kernel, rows, source }: Chunk,
  work: (from: number, rows: number) => void,
): void => {
  const part = new Float32Array(kernel.memory.buffer, source, rows * columns);
  for (let from = 0; from < values.length; from += part.length) {
    const to = Math.min(values.length, from + part.length);
    part.set(values.subarray(from, to));
    work(from, (to - from) / columns);
  }
};

export interface Extremes {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

const fewExtremes = (values: Float32Array, columns: number): Extremes => {
  const [low, high] = [new Float64Array(columns), new Float64Array(columns)];
  for (let i = 0; i < values.length; i++) {
    const column = i % columns;
    low[column] = Math.min(low[column]!, values[i]!);
    high[column] = Math.max(high[column]!, values[i]!);
  }
  return { low, high };
};

/** The least and greatest value of each column of a [rows, columns] matrix, zero included. Shapes: [columns].
 *  Errors: none; NaN must be excluded by the caller. */
export const columnExtremes = (values: Float32Array, columns: number): Extremes => {
  if (columns < few) return fewExtremes(values, columns);
  const chunk = chunkFor(values.length, columns);
  const { kernel, array, source } = chunk;
  const arrayAt = (at: number): Float32Array => new Float32Array(kernel.memory.buffer, at * array, columns);
  const [low, high] = [arrayAt(0).fill(0), arrayAt(1).fill(0)];
  eachChunk(values, columns, chunk, (_, rows) => kernel.widen(source, rows, columns, array));
  return { low: Float64Array.from(low), high: Float64Array.from(high) };
};

export interface ColumnScales {
  /** [columns], float32. */
  readonly scales: ArrayLike<number>;
  readonly zeroPoints: ArrayLike<number>;
  readonly least: number;
  readonly most: number;
}

/** The least and greatest of all values, zero included. Errors: none; NaN must be excluded by the caller. */
export const spanExtremes = (values: Float32Array): { readonly low: number; readonly high: number } => {
  const whole = values.length - (values.length % spanColumns);
  const rest = fewExtremes(values.subarray(whole), 1);
  const [low, high] = [rest.low[0]!, rest.high[0]!];
  if (whole === 0) return { low, high };
  const most = columnExtremes(values.subarray(0, whole), spanColumns);
  return {
    low: most.low.reduce((least, one) => Math.min(least, one), low),
    high: most.high.reduce((greatest, one) => Math.max(greatest, one), high),
  };
};

const fewCodes = (
  values: Float32Array,
  columns: number,
  { scales, zeroPoints, least, most }: ColumnScales,
  codes: Int8Array | Uint8Array,
): void => {
  for (let i = 0; i < values.length; i++) {
    const column = i % columns;
    const code = Math.fround(values[i]! / scales[column]!) + half - half + zeroPoints[column]!;
    codes[i] = Math.min(most, Math.max(least, code));
  }
};

/** Codes of a [rows, columns] matrix with a scale for each column: round half to even of v / scale, plus the zero point, cut to [least, most].
 *  Shapes: codes as values. Errors: none; NaN must be excluded by the caller. Source: ONNX QuantizeLinear. */
export const codeColumns = (
  values: Float32Array,
  columns: number,
  settings: ColumnScales,
  codes: Int8Array | Uint8Array,
): void => {
  if (columns < few) return fewCodes(values, columns, settings, codes);
  const { scales, zeroPoints, least, most } = settings;
  const chunk = chunkFor(values.length, columns);
  const { kernel, array, source, target } = chunk;
  const { buffer } = kernel.memory;
  const floats = (name: (typeof columnArrays)[number]): Float32Array =>
    new Float32Array(buffer, columnArrays.indexOf(name) * array, columns);
  floats('scale').set(scales);
  const [bottom, top] = [floats('least'), floats('most')];
  const zero = new Int32Array(buffer, columnArrays.indexOf('zero') * array, columns);
  zero.set(zeroPoints);
  for (let column = 0; column < columns; column++) {
    bottom[column] = least - zero[column]!;
    top[column] = most - zero[column]!;
  }
  const bytes = new Uint8Array(codes.buffer, codes.byteOffset, codes.length);
  eachChunk(values, columns, chunk, (from, rows) => {
    kernel.code(source, rows, columns, array, target);
    bytes.set(new Uint8Array(buffer, target, rows * columns), from);
  });
};

export interface SpanScale {
  readonly scale: number;
  readonly zeroPoint: number;
  readonly least: number;
  readonly most: number;
}

/** The same with one scale for all values. */
export const codeSpan = (
  values: Float32Array,
  { scale, zeroPoint, least, most }: SpanScale,
  codes: Int8Array | Uint8Array,
): void => {
  const whole = values.length - (values.length % spanColumns);
  const settings = (columns: number): ColumnScales => ({
    scales: new Float32Array(columns).fill(scale),
    zeroPoints: new Float32Array(columns).fill(zeroPoint),
    least,
    most,
  });
  if (whole > 0) codeColumns(values.subarray(0, whole), spanColumns, settings(spanColumns), codes.subarray(0, whole));
  fewCodes(values.subarray(whole), 1, settings(1), codes.subarray(whole));
};
