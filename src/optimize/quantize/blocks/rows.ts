import { largest } from '../row-codes.ts';
import { quantizeFourRows } from './four.ts';
import { nearestRows } from './nearest-rows.ts';
import type { BlockScheme, RowBlocks } from './types.ts';

export interface RowsInput {
  /** [rows, width]. */
  readonly values: Float32Array;
  readonly width: number;
  /** 4 or 8 bits, zero points of their own; rows fill whole bytes. */
  readonly scheme: BlockScheme;
  /** range: each block's own range, rounded to nearest; search: the scale and zero point with the least error (k-quant). */
  readonly fit: 'range' | 'search';
  /** Scales are stored in so many bits, and codes chosen for what is stored. */
  readonly scaleType: 'float16' | 'float32';
}

const notFinite: RowBlocks = {
  codes: new Uint8Array(0),
  scales: new Float32Array(0),
  zeros: new Uint8Array(0),
  finite: false,
};

/** Quantize rows in blocks along them, without ever turning the table.
 *  Shapes: as in `RowBlocks`; a row's last block may be short. Errors: none.
 *  Source: ONNX Runtime's block quantizer; k-quants (llama.cpp) for the search. */
export const quantizeRowBlocks = ({ values, width, scheme, fit, scaleType }: RowsInput): RowBlocks => {
  if (fit === 'range') return nearestRows({ values, width, scheme, halfScales: scaleType === 'float16' });
  if (!Number.isFinite(largest(values))) return notFinite;
  return { ...quantizeFourRows({ values, width, scheme, halfScales: scaleType === 'float16' }), finite: true };
};
