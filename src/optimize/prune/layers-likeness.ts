import type { Attribute, Node } from '../../contracts/index.ts';
import { int, ints } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import type { ProbeNodes, Statistic } from '../calibrate/index.ts';
import { asRows, together } from './structured-statistics.ts';

/** How alike two values are, row by row, and what turns one into the other channel by channel. */
export interface Likeness extends Statistic {
  /** Mean cosine of the angle between the rows of the two. */
  readonly cosine: () => number;
  /** y ≈ scale · x + shift by least squares. */
  readonly affine: () => { readonly scale: Float64Array; readonly shift: Float64Array };
  /** Mean of y − x. */
  readonly step: () => Float64Array;
}

const op = (
  kind: string,
  inputs: readonly string[],
  output: string,
  attributes: Record<string, Attribute> = {},
): ProbeNodes => ({
  nodes: [{ name: '', op: kind, domain: '', inputs: [...inputs], outputs: [output], attributes } satisfies Node],
});

const sumOver = (input: string, output: string, opset: number, axis: number, keep: boolean): ProbeNodes =>
  opset >= 13
    ? {
        ...op('ReduceSum', [input, `${output}_axis`], output, { keepdims: int(keep ? 1 : 0) }),
        initializers: new Map([[`${output}_axis`, tensor('int64', [1], BigInt64Array.of(BigInt(axis)))]]),
      }
    : op('ReduceSum', [input], output, { axes: ints([axis]), keepdims: int(keep ? 1 : 0) });

/** Compare a value x with another one y of the same shape. Shapes: […, width]; what leaves the session is [4 · width + 2].
 *  Rows of zeros count as alike to nothing. Source: Men et al. 2024 (ShortGPT), block influence = 1 − cosine. */
export const likeness = (other: string, width: number): Likeness => {
  const sums = new Float64Array(4 * width);
  let cosines = 0;
  let rows = 0;
  const mean = (part: number, channel: number): number => sums[part * width + channel]! / Math.max(1, rows);
  return {
    kind: 'small',
    nodes: (value, output, prefix, opset) => {
      const at = (name: string): string => `${prefix}_${name}`;
      return together(
        asRows(value, at('x'), at('a'), width),
        asRows(other, at('y'), at('b'), width),
        op('Mul', [at('x'), at('x')], at('xx')),
        op('Mul', [at('y'), at('y')], at('yy')),
        op('Mul', [at('x'), at('y')], at('xy')),
        sumOver(at('xx'), at('nxx'), opset, 1, true),
        sumOver(at('yy'), at('nyy'), opset, 1, true),
        sumOver(at('xy'), at('nxy'), opset, 1, true),
        op('Mul', [at('nxx'), at('nyy')], at('squares')),
        op('Add', [at('squares'), at('tiny')], at('positive')),
        { nodes: [], initializers: new Map([[at('tiny'), tensor('float32', [], Float32Array.of(1e-30))]]) },
        op('Sqrt', [at('positive')], at('norms')),
        op('Div', [at('nxy'), at('norms')], at('cosines')),
        // A column of ones beside the cosines counts the rows.
        op('Div', [at('norms'), at('norms')], at('ones')),
        op('Concat', [at('cosines'), at('ones')], at('pairs'), { axis: int(1) }),
        ...['x', 'y', 'xx', 'xy', 'pairs'].map((name) => sumOver(at(name), at(`sum_${name}`), opset, 0, false)),
        op(
          'Concat',
          ['x', 'y', 'xx', 'xy', 'pairs'].map((name) => at(`sum_${name}`)),
          output,
          { axis: int(0) },
        ),
      );
    },
    add: (value) => {
      const batch = value.data as Float32Array;
      for (let i = 0; i < 4 * width; i++) sums[i]! += batch[i]!;
      cosines += batch[4 * width]!;
      rows += batch[4 * width + 1]!;
    },
    cosine: () => cosines / Math.max(1, rows),
    affine: () => {
      const scale = new Float64Array(width).fill(1);
      const shift = new Float64Array(width);
      for (let c = 0; c < width; c++) {
        const [x, y] = [mean(0, c), mean(1, c)];
        const variance = mean(2, c) - x * x;
        // A channel that hardly moves gets a shift alone.
        if (variance > 1e-6 * mean(2, c)) scale[c] = (mean(3, c) - x * y) / variance;
        shift[c] = y - scale[c]! * x;
      }
      return { scale, shift };
    },
    step: () => Float64Array.from({ length: width }, (_, c) => mean(1, c) - mean(0, c)),
  };
};
