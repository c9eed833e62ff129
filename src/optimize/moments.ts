import type { Context, Model } from '../contracts/index.ts';
import { channelSquares, gram, observe, type Request } from './calibrate/index.ts';
import { sharedFloats } from './workers/index.ts';

/** Values of the main graph whose rows are counted together: all inputs of one weight. */
export interface Inputs {
  readonly inputs: readonly string[];
  /** Size of their last axis. */
  readonly k: number;
}

/** Σ xᵀx over the calibration data for each of these, in memory that threads share. One pass over the data.
 *  Shapes: [k, k] each. Errors: those of `observe`. */
export const gramsOf = async (
  model: Model,
  wanted: readonly Inputs[],
  context: Context,
): Promise<readonly Float32Array[]> => {
  const parts = wanted.map(({ inputs, k }) => inputs.map((value) => ({ value, statistic: gram(k) })));
  await observe(model, parts.flat() satisfies Request[], context, 'collecting statistics of the inputs');
  return parts.map((own, at) => {
    const sum = sharedFloats(wanted[at]!.k ** 2);
    for (const { statistic } of own) {
      const matrix = statistic.matrix();
      for (let i = 0; i < sum.length; i++) sum[i]! += matrix[i]!;
    }
    return sum;
  });
};

/** Σ x² per channel over the calibration data for each of these. One pass over the data.
 *  Shapes: [k] each. Errors: those of `observe`. */
export const squaresOf = async (
  model: Model,
  wanted: readonly Inputs[],
  context: Context,
): Promise<readonly Float64Array[]> => {
  const parts = wanted.map(({ inputs, k }) => inputs.map((value) => ({ value, statistic: channelSquares(k) })));
  await observe(model, parts.flat() satisfies Request[], context, 'collecting statistics of the inputs');
  return parts.map((own, at) => {
    const sum = new Float64Array(wanted[at]!.k);
    for (const { statistic } of own) for (let i = 0; i < sum.length; i++) sum[i]! += statistic.sums[i]!;
    return sum;
  });
};
