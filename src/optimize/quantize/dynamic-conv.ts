import type { Context, Tensor } from '../../contracts/index.ts';
import { int, labelOf, type NodeInit } from '../../model/graph/index.ts';
import { elementCount, tensor, toFloat32 } from '../../model/tensor/index.ts';
import { quantizeRows } from './arithmetic.ts';
import { float32, inline } from '../linear.ts';
import { largestInner, shifted, type Bench, type Finder, type Made } from './dynamic-weights.ts';

/** Quantize kernels [M, …] to uint8, symmetric around 128, one scale per output channel: ConvInteger takes one zero point for the whole
 *  weight, and scales per channel cost it nothing. null when a value is not finite.
 *  Shapes: codes as the weight, scale [M, 1, …] to stand beside [N, M, …], zero point a scalar. Source: ONNX ConvInteger-10. */
export const makeConv = (values: Float32Array, dims: readonly number[]): Made | null => {
  const [channels = 1, ...rest] = dims;
  const made = quantizeRows(values, elementCount(rest));
  if (made === null) return null;
  const { codes, scales } = made;
  return {
    codes: inline('uint8', dims, shifted(codes)),
    scale: float32([channels, ...rest.slice(1).map(() => 1)], scales),
    zeroPoint: inline('uint8', [], Uint8Array.of(128)),
  };
};

/** A bias [M] shaped to be added to [N, M, …]: a constant is reshaped now, a computed one in the graph. */
const shapedBias = async (
  { draft, constant }: Bench,
  bias: string,
  rank: number,
  base: string,
  context: Context,
): Promise<string> => {
  const spread = [-1, ...Array.from({ length: rank - 2 }, () => 1)];
  const known = constant(bias);
  if (known?.dtype === 'float32' && known.dims.length === 1) {
    const values = toFloat32('float32', await context.bytes(known));
    return draft.addInitializer(`${bias}_shaped`, float32([values.length, ...spread.slice(1)], values));
  }
  const shape = draft.addInitializer(
    `${base}_bias_shape`,
    tensor('int64', [spread.length], BigInt64Array.from(spread, BigInt)),
  );
  const shaped = draft.fresh(`${bias}_shaped`);
  draft.insert([{ op: 'Reshape', name: `${base}_bias_reshape`, inputs: [bias, shape], outputs: [shaped] }]);
  return shaped;
};

/** Conv as DynamicQuantizeLinear → ConvInteger → Cast → Mul (→ Add). Weights are uint8 whatever the options say: ONNX Runtime's kernel for
 *  int8 ones is several times slower, and the one for uint8 never saturates. Padding counts as the input's zero point, which is 0.
 *  Source: ONNX ConvInteger-10. */
export const findConv: Finder = (node, constant) => {
  if (node.op === 'FusedConv' && node.domain === 'com.microsoft')
    return 'ONNX Runtime has fused its activation into it: quantize the model as it was before';
  if (node.op === 'ConvTranspose' && node.domain === '') return 'ONNX Runtime has no integer kernel for ConvTranspose';
  if (node.op !== 'Conv' || node.domain !== '') return null;
  const [input = '', weightName = '', bias = ''] = node.inputs;
  if (input === '' || weightName === '') return 'an operand is missing';
  const weight: Tensor | null = constant(weightName);
  if (weight === null) return 'its weight is computed at run time';
  if (weight.dtype !== 'float32') return `the weight is ${weight.dtype}, not float32`;
  const rank = weight.dims.length;
  if (rank < 3) return `the weight has ${rank} dimensions, expected 3 or more`;
  if (weight.dims.includes(0)) return 'the weight is empty';
  const inner = elementCount(weight.dims.slice(1));
  const stored = { name: weightName, tensor: weight, layout: 'channels' };
  return {
    node,
    weights: [stored],
    async rewrite(bench) {
      const { draft, main, context, pool, activation } = bench;
      if (inner > largestInner(128))
        return `its inner size ${inner} could overflow the 32-bit sums of the integer kernel`;
      const kernel = await pool.store(draft, main, stored, async () =>
        makeConv(toFloat32('float32', await context.bytes(weight)), weight.dims),
      );
      if (kernel === null) return `the weight ${weightName} holds NaN or infinity`;
      const base = labelOf(node);
      const quantized = activation(input, base);
      const product = draft.fresh(`${base}_int32`);
      const floating = draft.fresh(`${base}_float`);
      const scales = draft.fresh(`${base}_scales`);
      const output = node.outputs[0]!;
      const shaped = bias === '' ? null : await shapedBias(bench, bias, rank, base, context);
      const scaled = shaped === null ? output : draft.fresh(`${base}_product`);
      const nodes: NodeInit[] = [
        {
          op: 'ConvInteger',
          name: `${base}_quant`,
          inputs: [quantized.codes, kernel.codes, quantized.zeroPoint, kernel.zeroPoint],
          outputs: [product],
          attributes: node.attributes,
        },
        { op: 'Cast', name: `${base}_cast`, inputs: [product], outputs: [floating], attributes: { to: int(1) } },
        { op: 'Mul', name: `${base}_scales_mul`, inputs: [quantized.scale, kernel.scale], outputs: [scales] },
        { op: 'Mul', name: `${base}_output_mul`, inputs: [floating, scales], outputs: [scaled] },
        ...(shaped === null ? [] : [{ op: 'Add', name: `${base}_bias`, inputs: [scaled, shaped], outputs: [output] }]),
      ];
      draft.replace(node, nodes, `Conv [${weight.dims.join(', ')}] with uint8 weights, one scale per channel`);
      return null;
    },
  };
};
