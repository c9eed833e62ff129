import type { Tensor } from '../../contracts/index.ts';
import { int, labelOf, type Draft, type NodeInit } from '../../model/graph/index.ts';
import { elementCount, type Room } from '../../model/tensor/index.ts';
import { codesFor, type WeightScheme } from './arithmetic.ts';
import { biasOf, float32, inline, isLinear, linearOf, matrixOf, type Linear } from '../linear.ts';
import { described, largestInner, type Finder, type Made } from './dynamic-weights.ts';
import { quantizeWithin16 } from './pair-sums.ts';

type Constant = (name: string) => Tensor | null;

/** Quantize a stack of [K, N] matrices. Per tensor: one scale and zero point for all. Per channel: one for each column of each matrix,
 *  in the shape that MatMulInteger wants beside it: [N] for one matrix, […, 1, N] for a stack. int8 needs one zero point, 0, in any case.
 *  `room`: where codes go. Shapes: codes […, K, N]. Source: ONNX MatMulInteger-10. */
export const makeLinear = (matrix: Float32Array, { batch, k, n }: Linear, scheme: WeightScheme, room?: Room): Made => {
  const dims = [...batch, k, n];
  if (!scheme.perChannel) {
    const target = codesFor(scheme.type, matrix.length, room);
    const { codes, scales, zeroPoints, narrowed } = quantizeWithin16(matrix, n, scheme, target);
    return {
      codes: inline(scheme.type, dims, codes),
      scale: float32([], scales),
      zeroPoint: inline(scheme.type, [], zeroPoints),
      narrowed,
    };
  }
  const count = elementCount(batch);
  const codes = codesFor(scheme.type, matrix.length, room);
  const scales = new Float32Array(count * n);
  const zeroPoints = scheme.type === 'int8' ? new Int8Array(count * n) : new Uint8Array(count * n);
  let narrowed = false;
  for (let i = 0; i < count; i++) {
    const [from, to] = [i * k * n, (i + 1) * k * n];
    const one = quantizeWithin16(matrix.subarray(from, to), n, scheme, codes.subarray(from, to));
    scales.set(one.scales, i * n);
    zeroPoints.set(one.zeroPoints, i * n);
    narrowed ||= one.narrowed;
  }
  const beside = batch.length === 0 ? [n] : [...batch, 1, n];
  const zeroPoint: Tensor =
    scheme.type === 'int8' ? inline('int8', [], new Int8Array(1)) : inline('uint8', beside, zeroPoints);
  return { codes: inline(scheme.type, dims, codes), scale: float32(beside, scales), zeroPoint, narrowed };
};

/** The sum behind a product that ONNX Runtime 1.30 would take for a plain bias, and so lose the dimensions that it adds: a vector with ones in
 *  front, of more dimensions than the product. Answers the name of the term, or null. */
const widening = (draft: Draft, constant: Constant, output: string, n: number): string | null => {
  const [user, ...others] = draft.consumers(output);
  if (user === undefined || others.length > 0 || user.op !== 'Add' || user.domain !== '') return null;
  const term = user.inputs.find((name) => name !== output) ?? '';
  const dims = term === '' ? null : (constant(term)?.dims ?? null);
  // A product has the dimension of its columns at least: no shapes need be known for a plain vector.
  if (dims === null || dims.length < 2 || elementCount(dims) !== n) return null;
  return dims.length > (draft.shape(output)?.length ?? 2) ? term : null;
};

/** MatMul, Gemm, FusedMatMul and FusedGemm as DynamicQuantizeLinear → MatMulInteger → Cast → Mul (→ Add → activation), the form that
 *  ONNX Runtime fuses into DynamicQuantizeMatMul or MatMulIntegerToFloat. Source: ONNX MatMulInteger-10. */
export const findLinear: Finder = (node, constant) => {
  if (!isLinear(node)) return null;
  const linear = linearOf(node, constant);
  if (typeof linear === 'string') return linear;
  const { weightName, weight, transB, alpha, input, k, n } = linear;
  const stored = { name: weightName, tensor: weight, layout: `columns ${transB} ${alpha}` };
  return {
    node,
    weights: [stored],
    async rewrite({ draft, main, context, scheme, pool, rooms, activation, constant: visible }) {
      if (k > largestInner(scheme.type === 'int8' ? 127 : 255))
        return `its inner size ${k} could overflow the 32-bit sums of the integer kernel`;
      const term = widening(draft, visible, node.outputs[0] ?? '', n);
      if (term !== null) return `the sum with ${term} adds dimensions, which ONNX Runtime would lose`;
      const codes = await pool.store(draft, main, stored, async () => {
        const matrix = await matrixOf(linear, context, rooms.weights);
        return matrix && makeLinear(matrix, linear, scheme, rooms.codes);
      });
      if (codes === null) return `the weight ${weightName} holds NaN or infinity`;
      const base = labelOf(node);
      const quantized = activation(input, base);
      const product = draft.fresh(`${base}_int32`);
      const floating = draft.fresh(`${base}_float`);
      const scales = draft.fresh(`${base}_scales`);
      const bias = await biasOf(draft, linear, context);
      const last = [
        ...(bias === null ? [] : [{ op: 'Add', more: [bias], name: `${base}_bias`, attributes: {} }]),
        ...(linear.activation === null
          ? []
          : [{ more: [], name: `${base}_activation`, attributes: {}, ...linear.activation }]),
      ];
      let from = last.length === 0 ? node.outputs[0]! : draft.fresh(`${base}_product`);
      const nodes: NodeInit[] = [
        {
          op: 'MatMulInteger',
          name: `${base}_quant`,
          inputs: [quantized.codes, codes.codes, quantized.zeroPoint, codes.zeroPoint],
          outputs: [product],
        },
        { op: 'Cast', name: `${base}_cast`, inputs: [product], outputs: [floating], attributes: { to: int(1) } },
        { op: 'Mul', name: `${base}_scales_mul`, inputs: [quantized.scale, codes.scale], outputs: [scales] },
        { op: 'Mul', name: `${base}_output_mul`, inputs: [floating, scales], outputs: [from] },
      ];
      for (const [position, { op, more, name, attributes }] of last.entries()) {
        const to = position === last.length - 1 ? node.outputs[0]! : draft.fresh(`${base}_sum`);
        nodes.push({ op, name, inputs: [from, ...more], outputs: [to], attributes });
        from = to;
      }
      draft.replace(
        node,
        nodes,
        `${node.op} [${[...linear.batch, k, n].join(', ')}] with ${described(scheme, codes.narrowed)}`,
      );
      return null;
    },
  };
};
