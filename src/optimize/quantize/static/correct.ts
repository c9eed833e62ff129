import type { Attribute, Node, Tensor } from '../../../contracts/index.ts';
import { int, ints } from '../../../model/graph/index.ts';
import { channelMeans, type Parameters, type ProbeNodes, type Statistic } from '../../calibrate/index.ts';
import { inline, scalar } from '../../linear.ts';
import type { Target } from './targets.ts';

/** A target's weight as it will be stored. */
export interface StoredWeight {
  readonly codes: Tensor;
  readonly scale: Tensor;
  readonly zeroPoint: Tensor;
  readonly axis: number;
}

/** Mean over all rows and places of y − y′ per output channel, where y′ is the same product with its input and its weight as codes,
 *  computed beside y on the same float32 inputs. Shapes: [channels]. Units: the output's own.
 *  Source: bias correction (Nagel et al. 2019, §4.2), each layer on the inputs of the float32 model. */
export const meanGap = (
  target: Target,
  parameters: Parameters,
  weight: StoredWeight,
): Statistic & { readonly mean: () => Float64Array } => {
  const means = channelMeans(target.channels);
  const nodes = (output: string, result: string, prefix: string, opset: number): ProbeNodes => {
    const name = (part: string): string => `${prefix}_${part}`;
    const node = (op: string, inputs: string[], made: string, attributes: Record<string, Attribute> = {}): Node => ({
      name: '',
      op,
      domain: '',
      inputs,
      outputs: [made],
      attributes,
    });
    const [input = ''] = target.inputs;
    const rank = target.weight?.tensor.dims.length ?? 2;
    const conv = target.kind === 'conv';
    // The target's own bias is added in float32 and cancels; a Gemm's transposition and alpha are in the stored weight already. A product
    // without a bias inside runs on integers here too, with whatever its kernel saturates.
    const gemm = target.node.op === 'Gemm';
    const bias = target.node.inputs[2] ?? '';
    const loose = gemm && bias !== '';
    const twin = conv
      ? [
          node('Conv', [name('x'), name('w'), ...target.node.inputs.slice(2)], name('twin'), {
            ...target.node.attributes,
          }),
        ]
      : [
          node(gemm ? 'Gemm' : 'MatMul', [name('x'), name('w')], loose ? name('product') : name('twin')),
          ...(loose
            ? [
                node('Mul', [bias, name('beta')], name('bias')),
                node('Add', [name('product'), name('bias')], name('twin')),
              ]
            : []),
        ];
    const last = conv ? [node('Transpose', [name('gap')], name('rows'), { perm: ints(channelsLast(rank)) })] : [];
    const rest = means.nodes(conv ? name('rows') : name('gap'), result, name('mean'), opset);
    return {
      nodes: [
        node('QuantizeLinear', [input, name('sx'), name('zx')], name('q')),
        node('DequantizeLinear', [name('q'), name('sx'), name('zx')], name('x')),
        node('DequantizeLinear', [name('codes'), name('sw'), name('zw')], name('w'), { axis: int(weight.axis) }),
        ...twin,
        node('Sub', [output, name('twin')], name('gap')),
        ...last,
        ...rest.nodes,
      ],
      initializers: new Map([
        [name('sx'), scalar(parameters.scale)],
        [name('zx'), zeroPointOf(parameters)],
        [name('codes'), weight.codes],
        [name('sw'), weight.scale],
        [name('zw'), weight.zeroPoint],
        ...(loose ? ([[name('beta'), scalar(target.beta)]] as const) : []),
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
