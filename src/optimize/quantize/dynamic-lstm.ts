import type { Attribute, Node, Tensor } from '../../contracts/index.ts';
import { int, intOf, labelOf } from '../../model/graph/index.ts';
import { toFloat32 } from '../../model/tensor/index.ts';
import { isFinite32, transposed } from '../algebra/matrix.ts';
import type { WeightScheme } from './arithmetic.ts';
import { float32, inline } from '../linear.ts';
import { described, largestInner, shifted, type Finder, type Made } from './dynamic-weights.ts';
import { quantizeWithin16 } from './pair-sums.ts';

const gates = 4;
const carried = [
  'direction',
  'hidden_size',
  'activations',
  'activation_alpha',
  'activation_beta',
  'clip',
  'input_forget',
] as const;

/** Quantize the weights of an LSTM, each direction for itself: [D, 4H, K] → codes [D, K, 4H].
 *  Per tensor: scale and zero point [D]. Per channel: [D, 4H]; there the kernel wants one zero point for all channels, so uint8 is
 *  symmetric around 128. Source: ONNX Runtime contrib operator com.microsoft.DynamicQuantizeLSTM. */
export const makeLstm = (values: Float32Array, dims: readonly number[], scheme: WeightScheme): Made => {
  const [directions, columns, inner] = dims as [number, number, number];
  const { type, perChannel } = scheme;
  const size = inner * columns;
  const count = perChannel ? columns : 1;
  const codes = type === 'int8' ? new Int8Array(values.length) : new Uint8Array(values.length);
  const zeroPoints = type === 'int8' ? new Int8Array(directions * count) : new Uint8Array(directions * count);
  const scales = new Float32Array(directions * count);
  const centered = perChannel && type === 'uint8';
  let narrowed = false;
  for (let direction = 0; direction < directions; direction++) {
    const matrix = transposed(values.subarray(direction * size, (direction + 1) * size), columns, inner);
    // Shifted to uint8, the codes go to a kernel that adds exactly.
    const one = quantizeWithin16(matrix, columns, centered ? { ...scheme, type: 'int8', exactSums: true } : scheme);
    narrowed ||= one.narrowed;
    codes.set(centered ? shifted(one.codes as Int8Array) : one.codes, direction * size);
    scales.set(one.scales, direction * count);
    if (!centered) zeroPoints.set(one.zeroPoints, direction * count);
  }
  if (centered) zeroPoints.fill(128);
  const beside = perChannel ? [directions, columns] : [directions];
  return {
    codes: inline(type, [directions, inner, columns], codes),
    scale: float32(beside, scales),
    zeroPoint: inline(type, beside, zeroPoints),
    narrowed,
  };
};

/** Why a weight of an LSTM cannot be quantized, or the weight. */
const weightOf = (name: string, constant: (name: string) => Tensor | null): Tensor | string => {
  const weight = constant(name);
  if (weight === null)
    return `its weight ${name} is computed in the graph or fed: where it comes from constants, fold them first (fuse/constant-folding)`;
  if (weight.dtype !== 'float32') return `the weight ${name} is ${weight.dtype}, not float32`;
  if (weight.dims.length !== 3) return `the weight ${name} has ${weight.dims.length} dimensions, expected 3`;
  return weight.dims.includes(0) ? `the weight ${name} is empty` : weight;
};

const attributesOf = (node: Node, hidden: number): Readonly<Record<string, Attribute>> => ({
  ...Object.fromEntries(carried.flatMap((name) => (node.attributes[name] ? [[name, node.attributes[name]]] : []))),
  hidden_size: int(hidden),
});

/** LSTM as DynamicQuantizeLSTM: both matrices in 8 bits, inputs and states quantized inside the kernel at every step; biases, states,
 *  lengths and peepholes stay as they are. Source: ONNX Runtime contrib operator com.microsoft.DynamicQuantizeLSTM. */
export const findLstm: Finder = (node, constant) => {
  if (node.domain !== '') return null;
  if (node.op === 'GRU' || node.op === 'RNN') return `ONNX Runtime has no integer kernel for ${node.op}`;
  if (node.op !== 'LSTM') return null;
  const [input = '', inputName = '', stateName = ''] = node.inputs;
  if (input === '' || inputName === '' || stateName === '') return 'an operand is missing';
  if (intOf(node, 'layout', 0) !== 0) return 'its batch comes first (layout 1), which the kernel does not have';
  const forInput = weightOf(inputName, constant);
  if (typeof forInput === 'string') return forInput;
  const forState = weightOf(stateName, constant);
  if (typeof forState === 'string') return forState;
  const [directions, columns = 0, inner = 0] = forInput.dims;
  const hidden = columns / gates;
  if (forState.dims.join() !== `${directions},${columns},${hidden}` || intOf(node, 'hidden_size', hidden) !== hidden)
    return `its weights [${forInput.dims.join(', ')}] and [${forState.dims.join(', ')}] do not fit together`;
  const weights = [
    { name: inputName, tensor: forInput, layout: 'gates' },
    { name: stateName, tensor: forState, layout: 'gates' },
  ];
  return {
    node,
    weights,
    async rewrite({ draft, main, context, scheme, pool }) {
      if (Math.max(inner, hidden) > largestInner(scheme.type === 'int8' ? 127 : 255))
        return `its inner size ${Math.max(inner, hidden)} could overflow the 32-bit sums of the integer kernel`;
      const forms = [];
      for (const weight of weights) {
        const form = await pool.store(draft, main, weight, async () => {
          const values = toFloat32('float32', await context.bytes(weight.tensor));
          return isFinite32(values) ? makeLstm(values, weight.tensor.dims, scheme) : null;
        });
        if (form === null) return `the weight ${weight.name} holds NaN or infinity`;
        forms.push(form);
      }
      const [w, r] = forms as [(typeof forms)[number], (typeof forms)[number]];
      const optional = Array.from({ length: 5 }, (_, i) => node.inputs[3 + i] ?? '');
      draft.requireOpset('com.microsoft', 1);
      draft.replace(
        node,
        [
          {
            op: 'DynamicQuantizeLSTM',
            domain: 'com.microsoft',
            name: `${labelOf(node)}_quant`,
            inputs: [input, w.codes, r.codes, ...optional, w.scale, w.zeroPoint, r.scale, r.zeroPoint],
            outputs: node.outputs,
            attributes: attributesOf(node, hidden),
          },
        ],
        `LSTM [${inner}, ${hidden}]${directions === 2 ? ' in both directions' : ''} with ${described(
          scheme,
          forms.some((form) => form.narrowed),
        )}`,
      );
      return null;
    },
  };
};
