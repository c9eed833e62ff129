import { SteelyardError, defineTechnique } from '../../contracts/index.ts';
import { edit, int, labelOf, type NodeInit } from '../../model/graph/index.ts';
import { quantizeMatrix, type WeightScheme } from './arithmetic.ts';
import { biasOf, float32, hasLinear, inline, linears, matrixOf } from './linear.ts';

/** MatMul and Gemm with int8 weights; activations become uint8 at run time, one quantization per tensor however many use it.
 *  Shapes: unchanged. Errors: `optimize/weights` when no weight can be read as numbers.
 *  Source: ONNX DynamicQuantizeLinear and MatMulInteger. */
export const dynamic = defineTechnique({
  id: 'quantize/dynamic',
  version: 1,
  title: 'Dynamic int8',
  source: 'ONNX operators DynamicQuantizeLinear-11 and MatMulInteger-10; Jacob et al. 2018, §2',
  summary:
    'Stores the weights of MatMul and Gemm as 8-bit integers and quantizes their inputs at run time. ' +
    'ONNX Runtime fuses the result into DynamicQuantizeMatMul or MatMulIntegerToFloat, its fastest integer kernels on CPUs. ' +
    'Needs no calibration data; pays most on wide layers.',
  fileSuffix: 'quantized',
  needs: { calibration: 'none', training: false },
  options: {
    perChannel: {
      kind: 'boolean',
      default: false,
      description: 'One scale per output column instead of one per matrix: finer, a little slower.',
      search: [false, true],
    },
    weightType: {
      kind: 'choice',
      choices: ['int8', 'uint8'],
      default: 'int8',
      description: 'int8 is symmetric and fastest on most CPUs; uint8 is exact on CPUs whose u8×s8 kernel saturates.',
      search: ['int8', 'uint8'],
    },
    bits: {
      kind: 'choice',
      choices: ['8', '7'],
      default: '8',
      description: '7 keeps products inside 16 bits on CPUs with AVX2 but without VNNI, where u8×s8 sums saturate.',
      search: ['8', '7'],
    },
    exclude: {
      kind: 'names',
      default: [],
      description: 'Node names or outputs to leave in float32; * matches any characters.',
    },
  },
  tolerance: ({ bits }) => (bits === '7' ? 0.3 : 0.2),
  check: ({ graph, opsets }) => {
    if ((opsets.get('') ?? 0) < 11)
      return { reason: `the model uses opset ${opsets.get('') ?? 'none'}, DynamicQuantizeLinear needs 11`, nodes: [] };
    return hasLinear(graph.nodes) ? null : { reason: 'the graph has no MatMul or Gemm', nodes: [] };
  },
  async apply(model, options, context) {
    const scheme: WeightScheme = {
      type: options.weightType === 'uint8' ? 'uint8' : 'int8',
      perChannel: options.perChannel,
      bits: options.bits === '7' ? 7 : 8,
    };
    const draft = edit(model);
    const targets = linears(draft, options.exclude);
    /** Input tensor → its quantized form, shared by all consumers (q, k and v of attention). */
    const activations = new Map<string, { codes: string; scale: string; zeroPoint: string }>();
    /** Stored weight and layout → quantized initializers, for weights that several nodes share. */
    const weights = new Map<string, { codes: string; scale: string; zeroPoint: string }>();
    for (const [index, linear] of targets.entries()) {
      if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while quantizing');
      context.progress({
        label: 'quantizing weights',
        done: index,
        total: targets.length,
        detail: labelOf(linear.node),
      });
      const { node, input, n, k } = linear;
      const key = `${linear.weightName}|${linear.transB}|${linear.alpha}`;
      let weight = weights.get(key);
      if (weight === undefined) {
        const matrix = await matrixOf(linear, context);
        if (matrix === null) {
          draft.skip(node, `the weight ${linear.weightName} holds NaN or infinity`);
          continue;
        }
        const quantized = quantizeMatrix(matrix, n, scheme);
        const dims = scheme.perChannel ? [n] : [];
        weight = {
          codes: draft.addInitializer(`${linear.weightName}_quantized`, inline(scheme.type, [k, n], quantized.codes)),
          scale: draft.addInitializer(`${linear.weightName}_scale`, float32(dims, quantized.scales)),
          zeroPoint: draft.addInitializer(
            `${linear.weightName}_zero_point`,
            inline(scheme.type, dims, quantized.zeroPoints),
          ),
        };
        weights.set(key, weight);
      }
      const nodes: NodeInit[] = [];
      let activation = activations.get(input);
      if (activation === undefined) {
        activation = {
          codes: draft.fresh(`${input}_quantized`),
          scale: draft.fresh(`${input}_scale`),
          zeroPoint: draft.fresh(`${input}_zero_point`),
        };
        activations.set(input, activation);
        draft.insert([
          {
            op: 'DynamicQuantizeLinear',
            name: `${labelOf(node)}_input_quantize`,
            inputs: [input],
            outputs: [activation.codes, activation.scale, activation.zeroPoint],
          },
        ]);
      }
      const base = labelOf(node);
      const product = draft.fresh(`${base}_int32`);
      const floating = draft.fresh(`${base}_float`);
      const scales = draft.fresh(`${base}_scales`);
      const output = node.outputs[0]!;
      const bias = await biasOf(draft, linear, context);
      const scaled = bias === null ? output : draft.fresh(`${base}_product`);
      nodes.push(
        {
          op: 'MatMulInteger',
          name: `${base}_quant`,
          inputs: [activation.codes, weight.codes, activation.zeroPoint, weight.zeroPoint],
          outputs: [product],
        },
        { op: 'Cast', name: `${base}_cast`, inputs: [product], outputs: [floating], attributes: { to: int(1) } },
        { op: 'Mul', name: `${base}_scales_mul`, inputs: [activation.scale, weight.scale], outputs: [scales] },
        { op: 'Mul', name: `${base}_output_mul`, inputs: [floating, scales], outputs: [scaled] },
      );
      if (bias !== null) nodes.push({ op: 'Add', name: `${base}_bias`, inputs: [scaled, bias], outputs: [output] });
      draft.replace(node, nodes, `${node.op} [${k}, ${n}] with ${scheme.type} weights`);
    }
    return draft.done();
  },
});
