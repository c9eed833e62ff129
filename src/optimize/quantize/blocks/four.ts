import { largest } from '../row-codes.ts';
import { instantiate, reserve, type Memory } from '../../../simd/instantiate.ts';
import { fourKernel } from './four-kernel.ts';
import { dataAt, givenAt, scalesAt, zerosAt, type FourSettings } from './four-memory.ts';
import { blockBytesOf, packColumns } from './pack.ts';
import type { BlockScheme } from './types.ts';

type Quantize = (
  source: number,
  lane: number,
  row: number,
  count: number,
  full: number,
  target: number,
  targetLane: number,
  targetRow: number,
) => void;

interface Kernel {
  readonly memory: Memory;
  readonly quantize: Quantize;
}

const made = new Map<string, Kernel>();

/** The kernel for these settings, with memory for so many bytes behind `dataAt`; one of each is kept. */
const kernelFor = (settings: FourSettings, bytes: number): Kernel => {
  const key = JSON.stringify(settings);
  let kernel = made.get(key);
  if (kernel === undefined) {
    kernel = instantiate<Kernel>(fourKernel(settings));
    made.set(key, kernel);
  }
  reserve(kernel.memory, dataAt + bytes);
  return kernel;
};

/** Where the group of four that holds item `at` begins, and how far apart its items are: the last group reaches back over items that are
 *  done already, and fewer than four items are done one by one. */
const groupsOf = (items: number): { readonly starts: readonly number[]; readonly apart: 0 | 1 } =>
  items < 4
    ? { starts: Array.from({ length: items }, (_, at) => at), apart: 0 }
    : { starts: Array.from({ length: Math.ceil(items / 4) }, (_, at) => Math.min(4 * at, items - 4)), apart: 1 };

/** About how many values are brought to the kernel at a time. */
const chunkValues = 1 << 17;

/** Only the relation of the weights matters: the largest becomes 1, so that sums of them stay within float32. */
const relative = (importance: Float32Array): Float32Array => {
  const most = largest(importance);
  return most > 0 ? importance.map((one) => one / most) : importance;
};

export interface FourColumns {
  /** [rows, columns], or [columns, rows] when `byColumn`. */
  readonly weight: Float32Array;
  readonly columns: number;
  readonly byColumn: boolean;
  readonly scheme: BlockScheme;
  readonly method: FourSettings['method'];
  /** [rows]; null: 1 for hqq, √(mean w²) + |w| for k-quant. */
  readonly importance: Float32Array | null;
  /** Codes as MatMulNBits wants them, else one byte each. */
  readonly packed: boolean;
}

interface ColumnBlocks {
  readonly codes: Uint8Array;
  readonly scales: Float32Array;
  readonly zeros: Uint8Array;
}

/** Quantize the columns of a matrix in blocks of rows, four columns at a time.
 *  Shapes: codes [rows, columns], packed [columns, blocks, blockSize · bits / 8]; scales, zeros [blocks, columns].
 *  Errors: none; NaN and infinity must be excluded by the caller. Source: see `kQuant` and `hqq` of four-searches.ts. */
export const quantizeFourColumns = (input: FourColumns): ColumnBlocks => {
  const { weight, columns, byColumn, scheme, method, packed } = input;
  const { bits, blockSize } = scheme;
  const importance = input.importance === null ? null : relative(input.importance);
  const rows = weight.length / columns;
  const blocks = Math.ceil(rows / blockSize);
  const pairs = packed && bits === 4;
  const settings: FourSettings = {
    scheme,
    method,
    importance: importance !== null ? 'given' : method === 'hqq' ? 'one' : 'size',
    halfScales: false,
    pairs,
  };
  const bytes = blockBytesOf(scheme);
  const codes = new Uint8Array(pairs ? columns * blocks * bytes : rows * columns);
  const scales = new Float32Array(blocks * columns);
  const zeros = new Uint8Array(blocks * columns);
  // A part is brought to the kernel as it lies: some whole columns, or the rows of one block.
  const step = byColumn ? Math.min(columns, 4 * Math.ceil(chunkValues / rows / 4)) : columns;
  const partBytes = 4 * (byColumn ? step * rows : blockSize * columns);
  const { memory, quantize } = kernelFor(settings, partBytes + blockSize * 4 * 4);
  const target = dataAt + partBytes;
  const { buffer } = memory;
  const part = new Float32Array(buffer, dataAt, partBytes / 4);
  const given = new Float32Array(buffer, givenAt, blockSize);
  const found = { scales: new Float32Array(buffer, scalesAt, 4), zeros: new Float32Array(buffer, zerosAt, 4) };
  const out = new Uint8Array(buffer, target);
  /** One group: columns `from` + lane, of which the part's first is column `first`. */
  const group = (block: number, from: number, apart: 0 | 1, source: number, lane: number, row: number): void => {
    const top = block * blockSize;
    const count = Math.min(rows, top + blockSize) - top;
    const each = pairs ? bytes : blockSize;
    quantize(source, lane, row, count, pairs ? blockSize : count, target, each, 1);
    for (let at = 0; at < (apart === 1 ? 4 : 1); at++) {
      const column = from + at;
      scales[block * columns + column] = found.scales[at]!;
      zeros[block * columns + column] = found.zeros[at]!;
      if (pairs) codes.set(out.subarray(at * bytes, at * bytes + bytes), (column * blocks + block) * bytes);
      else for (let i = 0; i < count; i++) codes[(top + i) * columns + column] = out[at * blockSize + i]!;
    }
  };
  const weigh = (block: number): void => {
    if (importance !== null) given.set(importance.subarray(block * blockSize, Math.min(rows, (block + 1) * blockSize)));
  };
  if (byColumn)
    for (let first = 0; first < columns; first += step) {
      const width = Math.min(step, columns - first);
      part.set(weight.subarray(first * rows, (first + width) * rows));
      const { starts, apart } = groupsOf(width);
      for (let block = 0; block < blocks; block++) {
        weigh(block);
        for (const start of starts)
          group(block, first + start, apart, dataAt + 4 * (start * rows + block * blockSize), apart * 4 * rows, 4);
      }
    }
  else {
    const { starts, apart } = groupsOf(columns);
    for (let block = 0; block < blocks; block++) {
      part.set(weight.subarray(block * blockSize * columns, Math.min(rows, (block + 1) * blockSize) * columns));
      weigh(block);
      for (const start of starts) group(block, start, apart, dataAt + 4 * start, apart * 4, 4 * columns);
    }
  }
  return { codes: packed && !pairs ? packColumns(codes, zeros, columns, scheme) : codes, scales, zeros };
};

export interface FourRows {
  /** [rows, width] */
  readonly values: Float32Array;
  readonly width: number;
  /** 4 or 8 bits; rows fill whole bytes. */
  readonly scheme: BlockScheme;
  readonly halfScales: boolean;
}

/** Quantize the rows of a table in blocks along them by k-quant search, four rows at a time.
 *  Shapes: codes [rows, width · bits / 8]; scales, zeros [rows, blocks]. Errors: as for `quantizeFourColumns`. */
export const quantizeFourRows = ({ values, width, scheme, halfScales }: FourRows): ColumnBlocks => {
  const { bits, blockSize } = scheme;
  const rows = values.length / width;
  const blocks = Math.ceil(width / blockSize);
  const bytes = (width * bits) / 8;
  const pairs = bits === 4;
  const codes = new Uint8Array(rows * bytes);
  const scales = new Float32Array(rows * blocks);
  const zeros = new Uint8Array(rows * blocks);
  const step = Math.min(rows, 4 * Math.ceil(chunkValues / width / 4));
  const settings: FourSettings = { scheme, method: 'k-quant', importance: 'one', halfScales, pairs };
  const target = dataAt + 4 * step * width;
  const { memory, quantize } = kernelFor(settings, (4 * width + bytes) * step);
  const { buffer } = memory;
  const part = new Float32Array(buffer, dataAt, step * width);
  const found = { scales: new Float32Array(buffer, scalesAt, 4), zeros: new Float32Array(buffer, zerosAt, 4) };
  for (let first = 0; first < rows; first += step) {
    const height = Math.min(step, rows - first);
    part.set(values.subarray(first * width, (first + height) * width));
    const { starts, apart } = groupsOf(height);
    for (const start of starts)
      for (let block = 0; block < blocks; block++) {
        const left = block * blockSize;
        const count = Math.min(width, left + blockSize) - left;
        const to = target + start * bytes + (left * bits) / 8;
        quantize(dataAt + 4 * (start * width + left), apart * 4 * width, 4, count, count, to, apart * bytes, 1);
        for (let at = 0; at < (apart === 1 ? 4 : 1); at++) {
          scales[(first + start + at) * blocks + block] = found.scales[at]!;
          zeros[(first + start + at) * blocks + block] = found.zeros[at]!;
        }
      }
    codes.set(new Uint8Array(buffer, target, height * bytes), first * bytes);
  }
  return { codes, scales, zeros };
};
