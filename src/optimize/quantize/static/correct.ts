import type { Attribute, Node, Tensor } from '../../../contracts/index.ts';
import { int, ints } from '../../../model/graph/index.ts';
import { channelMeans, codesOf, type Parameters, type ProbeNodes, type Statistic } from '../../calibrate/index.ts';
import { inline, scalar } from '../../linear.ts';
import type { Target } from './targets.ts';
import type { ChannelView, CodedWeight } from './weights.ts';

/** A target's weight as it will be stored. */
export interface StoredWeight {
  readonly codes: Tensor;
  readonly scale: Tensor;
  readonly zeroPoint: Tensor;
  readonly axis: number;
}

const node = (op: string, inputs: string[], made: string, attributes: Record<string, Attribute> = {}): Node => ({
  name: '',
  op,
  domain: '',
  inputs,
  outputs: [made],
  attributes,
});

/** Adding and subtracting 1.5 · 2^52 rounds a double to the nearest integer, ties to even. */
const half = 6755399441055744;

/** What codes change about the mean of each channel: mean of x′ − x over these rows, x′ the value as its codes say it.
 *  Shapes: rows [r, width] → [width]; zeros when there is no row. Units: the value's own. */
export const roundingShift = (
  rows: Float32Array,
  width: number,
  { type, scale, zeroPoint }: Parameters,
): Float64Array => {
  const sums = new Float64Array(width);
  const [least, most] = codesOf(type, false);
  for (let from = 0; from < rows.length; from += width)
    addShift(rows, from, sums, scale, least - zeroPoint, most - zeroPoint);
  return sums.map((sum) => sum / Math.max(1, rows.length / width));
};

/** One row: a function that is called often is compiled for speed after a few of its calls. */
const addShift = (
  rows: Float32Array,
  from: number,
  sums: Float64Array,
  scale: number,
  least: number,
  most: number,
): void => {
  for (let i = 0; i < sums.length; i++) {
    const value = rows[from + i]!;
    const step = value / scale + half - half;
    sums[i]! += (step < least ? least : step > most ? most : step) * scale - value;
  }
};

/** Mean over all rows of x·W − x′·W′ per output channel, from the means of x and of x′ − x alone: a product is linear in its input.
 *  Shapes: a matrix [K, N], means [K] → [N]. Units: the output's own.
 *  Source: bias correction (Nagel et al. 2019, §4.2), with the rounding of the input beside that of the weight. */
export const productGap = (
  { values, channels }: ChannelView,
  { codes, scales, zeroPoints }: CodedWeight,
  mean: Float64Array,
  shift: Float64Array,
): Float64Array => {
  const real = new Float64Array(channels);
  const coded = new Float64Array(channels);
  let total = 0;
  for (let row = 0; row < mean.length; row++) {
    total += mean[row]! + shift[row]!;
    addRow(values, codes, row * channels, mean[row]!, mean[row]! + shift[row]!, real, coded);
  }
  return real.map((sum, n) => {
    const at = scales.length === 1 ? 0 : n;
    return sum - (coded[n]! - zeroPoints[at]! * total) * scales[at]!;
  });
};

const addRow = (
  values: Float32Array,
  codes: CodedWeight['codes'],
  from: number,
  byValue: number,
  byCode: number,
  real: Float64Array,
  coded: Float64Array,
): void => {
  for (let n = 0; n < real.length; n++) {
    real[n]! += values[from + n]! * byValue;
    coded[n]! += codes[from + n]! * byCode;
  }
};

/** Mean over all rows and places of y − y′ per output channel of a Conv, where y′ is the same convolution with its input and its weight as
 *  codes, computed beside y on the same float32 inputs. Shapes: [channels]. Units: the output's own.
 *  Source: bias correction (Nagel et al. 2019, §4.2), each layer on the inputs of the float32 model. */
export const convGap = (
  target: Target,
  parameters: Parameters,
  weight: StoredWeight,
): Statistic & { readonly mean: () => Float64Array } => {
  const means = channelMeans(target.channels);
  const nodes = (output: string, result: string, prefix: string, opset: number): ProbeNodes => {
    const name = (part: string): string => `${prefix}_${part}`;
    const [input = ''] = target.inputs;
    const rank = target.weight?.tensor.dims.length ?? 2;
    const rest = means.nodes(name('rows'), result, name('mean'), opset);
    return {
      nodes: [
        node('QuantizeLinear', [input, name('sx'), name('zx')], name('q')),
        node('DequantizeLinear', [name('q'), name('sx'), name('zx')], name('x')),
        node('DequantizeLinear', [name('codes'), name('sw'), name('zw')], name('w'), { axis: int(weight.axis) }),
        // The target's own bias is added in float32 and cancels.
        node('Conv', [name('x'), name('w'), ...target.node.inputs.slice(2)], name('twin'), {
          ...target.node.attributes,
        }),
        node('Sub', [output, name('twin')], name('gap')),
        node('Transpose', [name('gap')], name('rows'), { perm: ints(channelsLast(rank)) }),
        ...rest.nodes,
      ],
      initializers: new Map([
        [name('sx'), scalar(parameters.scale)],
        [name('zx'), zeroPointOf(parameters)],
        [name('codes'), weight.codes],
        [name('sw'), weight.scale],
        [name('zw'), weight.zeroPoint],
        ...(rest.initializers ?? []),
      ]),
    };
  };
  return { kind: 'small', nodes, add: (value) => means.add(value), mean: () => means.mean() };
};

const channelsLast = (rank: number): number[] => [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];

/** A zero point as a scalar of its type. */
export const zeroPointOf = ({ type, zeroPoint }: Parameters): Tensor =>
  inline(type, [], type === 'uint8' ? Uint8Array.of(zeroPoint) : Int8Array.of(zeroPoint));
