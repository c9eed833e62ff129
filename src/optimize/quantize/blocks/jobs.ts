import { isFinite32, transposed } from '../../algebra/matrix.ts';
import { factor, type FactorInput } from '../../algebra/propagation.ts';
import { rowSizes, scalingErrors, type ScaleSearchInput } from './awq.ts';
import { blockGrams, clipFit } from './clip.ts';
import { fitBlocks } from './fit.ts';
import { quantizeFourColumns } from './four.ts';
import { propagate } from './gptq.ts';
import { kQuantFit } from './k-quant.ts';
import { packColumns } from './pack.ts';
import { roundBlocks } from './rtn.ts';
import type { Blocks, BlockScheme, Fit } from './types.ts';

/** A quantized part of a matrix on its way back from a thread. */
export interface Part {
  /** Packed [columns, blocks, bytes] when asked for, else one byte a code [rows, columns]. */
  readonly codes: Uint8Array;
  /** [blocks, columns] */
  readonly scales: Float32Array;
  readonly zeros: Uint8Array;
  /** The weights were all finite; if not, the rest means nothing. */
  readonly finite: boolean;
}

export interface SlabInput {
  /** [rows, columns], or [columns, rows] when `byColumn`. */
  readonly weight: Float32Array;
  readonly columns: number;
  readonly byColumn: boolean;
  /** Multiplies the weight. */
  readonly alpha: number;
  readonly scheme: BlockScheme;
  readonly method: 'rtn' | 'k-quant' | 'hqq';
  /** Second moment of each row's input, for k-quant; null: unknown. */
  readonly importance: Float32Array | null;
  readonly packed: boolean;
}

const partOf = (blocks: Blocks, columns: number, scheme: BlockScheme, packed: boolean): Part => ({
  ...blocks,
  codes: packed ? packColumns(blocks.codes, blocks.zeros, columns, scheme) : blocks.codes,
  finite: true,
});

const notFinite: Part = {
  codes: new Uint8Array(0),
  scales: new Float32Array(0),
  zeros: new Uint8Array(0),
  finite: false,
};

/** Quantize a slab of whole blocks without knowing more than second moments. */
export const quantizeSlab = (input: SlabInput): Part => {
  const { columns, alpha, scheme, method, importance, packed } = input;
  let { weight } = input;
  if (alpha !== 1) weight = weight.map((value) => value * alpha);
  if (!isFinite32(weight)) return { ...notFinite };
  if (method !== 'rtn')
    return {
      ...quantizeFourColumns({ weight, columns, byColumn: input.byColumn, scheme, method, importance, packed }),
      finite: true,
    };
  if (input.byColumn) weight = transposed(weight, columns, weight.length / columns);
  return partOf(roundBlocks(weight, columns, scheme), columns, scheme, packed);
};

interface ColumnsInput {
  /** The whole matrix [k, all], in shared memory. */
  readonly weight: Float32Array;
  readonly all: number;
  /** Columns from … to of it are this part. */
  readonly from: number;
  readonly to: number;
  /** Rows are multiplied by these first [k]; null: by 1. */
  readonly inputScale: Float32Array | null;
  readonly scheme: BlockScheme;
  readonly packed: boolean;
}

export interface PropagateInput extends ColumnsInput {
  /** From `factor`. */
  readonly table: Float32Array;
  readonly order: Int32Array;
  /** Second moment of each row's input, as scaled [k]: what the search for a block's scale weighs errors by. */
  readonly importance: Float32Array;
}

export interface ClipInput extends ColumnsInput {
  /** From `blockGrams`. */
  readonly grams: Float32Array;
}

const columnsOf = ({ weight, all, from, to, inputScale }: ColumnsInput): Float32Array => {
  const k = weight.length / all;
  const width = to - from;
  const part = new Float32Array(k * width);
  for (let row = 0; row < k; row++) {
    const by = inputScale === null ? 1 : inputScale[row]!;
    for (let column = 0; column < width; column++) part[row * width + column] = weight[row * all + from + column]! * by;
  }
  return part;
};

const quantizeColumns = (
  input: ColumnsInput,
  quantize: (weight: Float32Array, columns: number, scheme: BlockScheme) => Blocks,
): Part => {
  const columns = input.to - input.from;
  return partOf(quantize(columnsOf(input), columns, input.scheme), columns, input.scheme, input.packed);
};

/** GPTQ on some columns; block scales by weighted search. */
export const propagateColumns = (input: PropagateInput): Part =>
  quantizeColumns(input, (weight, columns, scheme) =>
    propagate(weight, columns, scheme, input, kQuantFit(scheme), input.importance),
  );

/** Round to nearest with searched clipping on some columns. */
export const clipColumns = (input: ClipInput): Part =>
  quantizeColumns(input, (weight, columns, scheme) => {
    const fit: Fit = clipFit(scheme, input.grams);
    return fitBlocks(weight, columns, scheme, fit);
  });

/** `factor` with an answer that can travel. */
export const factorJob = (input: FactorInput): { readonly found: ReturnType<typeof factor> } => ({
  found: factor(input),
});

/** `blockGrams` with an answer that can travel. */
export const gramsJob = (input: {
  readonly rows: Float32Array;
  readonly k: number;
  readonly blockSize: number;
  readonly inputScale: Float32Array | null;
}): { readonly grams: Float32Array } => ({
  grams: blockGrams(input.rows, input.k, input.blockSize, input.inputScale),
});

/** `rowSizes` with an answer that can travel. */
export const rowSizesJob = (input: {
  readonly weight: Float32Array;
  readonly columns: number;
  readonly blockSize: number;
}): { readonly sizes: Float32Array } => ({ sizes: rowSizes(input.weight, input.columns, input.blockSize) });

/** `scalingErrors` with an answer that can travel. */
export const scalingJob = (input: ScaleSearchInput): { readonly errors: Float64Array } => ({
  errors: scalingErrors(input),
});
