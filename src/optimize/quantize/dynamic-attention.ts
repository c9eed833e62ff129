import type { Attribute, Node } from '../../contracts/index.ts';
import { floatOf, intOf, intsOf, labelOf } from '../../model/graph/index.ts';
import { toFloat32 } from '../../model/tensor/index.ts';
import { isFinite32 } from '../algebra/matrix.ts';
import { float32, inline } from '../linear.ts';
import { described, largestInner, type Finder } from './dynamic-weights.ts';
import { quantizeWithin16 } from './pair-sums.ts';

const carried = ['num_heads', 'unidirectional', 'mask_filter_value'] as const;

const has = (node: Node, position: number): boolean => (node.inputs[position] ?? '') !== '';

/** What QAttention cannot do, or null. */
const obstacle = (node: Node, width: number): string | null => {
  if (intsOf(node, 'qkv_hidden_sizes', null) !== null) return 'q, k and v have sizes of their own (qkv_hidden_sizes)';
  if (has(node, 5)) return 'QAttention takes no attention bias';
  if (has(node, 6) || intOf(node, 'past_present_share_buffer', 0) !== 0)
    return 'QAttention cannot share the buffer of past and present';
  if (intOf(node, 'do_rotary', 0) !== 0) return 'QAttention turns no positions (do_rotary)';
  const heads = intOf(node, 'num_heads', 0);
  if (heads < 1 || width % 3 !== 0 || (width / 3) % heads !== 0) return 'its weight does not divide into heads';
  const usual = 1 / Math.sqrt(width / 3 / heads);
  const scale = floatOf(node, 'scale', 0);
  if (scale !== 0 && Math.abs(scale - usual) > 1e-6 * usual) return `QAttention cannot scale scores by ${scale}`;
  return null;
};

/** com.microsoft Attention as QAttention: the projection to q, k and v multiplies integers, the rest stays float32.
 *  Shapes: weight [D, 3H], scale and zero point [3H] or scalars. Source: ONNX Runtime contrib operator com.microsoft.QAttention. */
export const findAttention: Finder = (node, constant) => {
  if (node.op !== 'Attention' || node.domain !== 'com.microsoft') return null;
  const [input = '', weightName = '', bias = '', mask = '', past = ''] = node.inputs;
  if (input === '' || weightName === '') return 'an operand is missing';
  const weight = constant(weightName);
  if (weight === null) return 'its weight is computed at run time';
  if (weight.dtype !== 'float32') return `the weight is ${weight.dtype}, not float32`;
  if (weight.dims.length !== 2 || weight.dims.includes(0))
    return `the weight is [${weight.dims.join(', ')}], expected a matrix`;
  const [k, n] = weight.dims as [number, number];
  const why = obstacle(node, n);
  if (why !== null) return why;
  const stored = { name: weightName, tensor: weight, layout: 'attention' };
  return {
    node,
    weights: [stored],
    async rewrite({ draft, main, context, scheme, pool, activation }) {
      if (k > largestInner(scheme.type === 'int8' ? 127 : 255))
        return `its inner size ${k} could overflow the 32-bit sums of the integer kernel`;
      const codes = await pool.store(draft, main, stored, async () => {
        const values = toFloat32('float32', await context.bytes(weight));
        if (!isFinite32(values)) return null;
        const made = quantizeWithin16(values, n, scheme);
        const beside = scheme.perChannel ? [n] : [];
        return {
          codes: inline(scheme.type, [k, n], made.codes),
          scale: float32(beside, made.scales),
          zeroPoint: inline(scheme.type, beside, made.zeroPoints),
          narrowed: made.narrowed,
        };
      });
      if (codes === null) return `the weight ${weightName} holds NaN or infinity`;
      const base = labelOf(node);
      const quantized = activation(input, base);
      // QAttention must have a bias.
      const added = bias === '' ? draft.addInitializer(`${base}_no_bias`, float32([n], new Float32Array(n))) : bias;
      const attributes: Record<string, Attribute> = {};
      for (const name of carried) if (node.attributes[name]) attributes[name] = node.attributes[name];
      draft.requireOpset('com.microsoft', 1);
      draft.replace(
        node,
        [
          {
            op: 'QAttention',
            domain: 'com.microsoft',
            name: `${base}_quant`,
            inputs: [
              quantized.codes,
              codes.codes,
              added,
              quantized.scale,
              codes.scale,
              mask,
              quantized.zeroPoint,
              codes.zeroPoint,
              past,
            ],
            outputs: node.outputs,
            attributes,
          },
        ],
        `Attention [${k}, ${n}] with ${described(scheme, codes.narrowed)}`,
      );
      return null;
    },
  };
};
