import { half, inverseOf, topOf } from './rtn.ts';
import type { Blocks, BlockScheme, Fit, Found } from './types.ts';

/** Quantize a [rows, columns] matrix with any fit: for each block of each column the fit chooses scale and zero point, and codes are the
 *  nearest ones. Shapes: as in `Blocks`; `importance` [rows], or none: the value's own size decides, √(mean w²) + |w|.
 *  Errors: none; NaN and infinity must be excluded by the caller. Source of the default importance: ONNX Runtime's k-quant. */
export const fitBlocks = (
  weight: Float32Array,
  columns: number,
  scheme: BlockScheme,
  fit: Fit,
  importance: Float32Array | Float64Array | null = null,
): Blocks => {
  const { blockSize } = scheme;
  const rows = weight.length / columns;
  const blocks = Math.ceil(rows / blockSize);
  const top = topOf(scheme);
  const codes = new Uint8Array(weight.length);
  const scales = new Float32Array(blocks * columns);
  const zeros = new Uint8Array(blocks * columns);
  const values = new Float64Array(blockSize);
  const weights = new Float64Array(blockSize);
  const found: Found = { scale: 1, zero: 0 };
  for (let block = 0; block < blocks; block++) {
    const first = block * blockSize;
    const count = Math.min(rows, first + blockSize) - first;
    if (importance !== null) for (let i = 0; i < count; i++) weights[i] = importance[first + i]!;
    for (let column = 0; column < columns; column++) {
      const at = first * columns + column;
      let squares = 0;
      for (let i = 0; i < count; i++) {
        const value = weight[at + i * columns]!;
        values[i] = value;
        squares += value * value;
      }
      if (importance === null) {
        const root = Math.sqrt(squares / count);
        for (let i = 0; i < count; i++) weights[i] = root + Math.abs(values[i]!);
      }
      fit(values, count, weights, found, block);
      const { scale, zero } = found;
      scales[block * columns + column] = scale;
      zeros[block * columns + column] = zero;
      const inverse = inverseOf(scale);
      for (let i = 0; i < count; i++) {
        const code = values[i]! * inverse + half - half + zero;
        codes[at + i * columns] = code < 0 ? 0 : code > top ? top : code;
      }
    }
  }
  return { codes, scales, zeros };
};
