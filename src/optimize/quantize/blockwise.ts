import { SteelyardError, defineTechnique } from '../../contracts/index.ts';
import { edit, int, labelOf } from '../../model/graph/index.ts';
import { quantizeBlocks4 } from './arithmetic.ts';
import { biasOf, float32, hasLinear, inline, linears, matrixOf } from './linear.ts';

/** MatMul and Gemm with 4-bit weights in blocks, as MatMulNBits.
 *  Shapes: unchanged. Errors: `optimize/shape` for a bad block size.
 *  Source: com.microsoft MatMulNBits. */
export const blockwise = defineTechnique({
  id: 'quantize/blockwise',
  version: 1,
  title: '4-bit weights in blocks',
  source: 'ONNX Runtime contrib operator com.microsoft.MatMulNBits',
  summary:
    'Stores the weights of MatMul and Gemm in 4 bits with one scale per block of rows, round to nearest. ' +
    'The smallest files of all lossy techniques; faster than float32 at batch 1, seldom at larger batches. ' +
    'Runs in ONNX Runtime (native and web) only.',
  fileSuffix: 'q4',
  needs: { calibration: 'none', training: false },
  options: {
    blockSize: {
      kind: 'choice',
      choices: ['16', '32', '64', '128', '256'],
      default: '32',
      description: 'Weights that share one scale. Smaller blocks are more exact and larger on disk.',
      search: ['32', '64', '128'],
    },
    symmetric: {
      kind: 'boolean',
      default: true,
      description: 'Zero in the middle of the range. Asymmetric blocks also store a 4-bit zero point.',
      search: [true, false],
    },
    accuracyLevel: {
      kind: 'integer',
      default: 4,
      min: 0,
      max: 4,
      description: '4 multiplies in int8 (fastest on CPUs), 1 in float32, 0 lets the runtime choose.',
    },
    exclude: {
      kind: 'names',
      default: [],
      description: 'Node names or outputs to leave in float32; * matches any characters.',
    },
  },
  tolerance: ({ blockSize }) => (Number(blockSize) > 64 ? 0.6 : 0.5),
  check: ({ graph }) => (hasLinear(graph.nodes) ? null : { reason: 'the graph has no MatMul or Gemm', nodes: [] }),
  async apply(model, options, context) {
    const draft = edit(model);
    const blockSize = Number(options.blockSize);
    const targets = linears(draft, options.exclude);
    const weights = new Map<string, readonly string[]>();
    for (const [index, linear] of targets.entries()) {
      if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while quantizing');
      context.progress({
        label: 'quantizing weights',
        done: index,
        total: targets.length,
        detail: labelOf(linear.node),
      });
      const { node, k, n } = linear;
      if (k < blockSize) {
        draft.skip(node, `its inner size ${k} is smaller than a block of ${blockSize}`);
        continue;
      }
      const key = `${linear.weightName}|${linear.transB}|${linear.alpha}`;
      let operands = weights.get(key);
      if (operands === undefined) {
        const matrix = await matrixOf(linear, context);
        if (matrix === null) {
          draft.skip(node, `the weight ${linear.weightName} holds NaN or infinity`);
          continue;
        }
        const { codes, scales, zeroPoints } = quantizeBlocks4(matrix, n, { blockSize, symmetric: options.symmetric });
        const blocks = Math.ceil(k / blockSize);
        const made = [
          draft.addInitializer(`${linear.weightName}_q4`, inline('uint8', [n, blocks, blockSize / 2], codes)),
          draft.addInitializer(`${linear.weightName}_scales`, float32([n, blocks], scales)),
        ];
        if (zeroPoints !== null)
          made.push(
            draft.addInitializer(
              `${linear.weightName}_zero_points`,
              inline('uint8', [n, Math.ceil(blocks / 2)], zeroPoints),
            ),
          );
        operands = made;
        weights.set(key, operands);
      }
      const base = labelOf(node);
      const output = node.outputs[0]!;
      const bias = await biasOf(draft, linear, context);
      const product = bias === null ? output : draft.fresh(`${base}_product`);
      draft.requireOpset('com.microsoft', 1);
      draft.replace(
        node,
        [
          {
            op: 'MatMulNBits',
            domain: 'com.microsoft',
            name: `${base}_q4`,
            inputs: [linear.input, ...operands],
            outputs: [product],
            attributes: {
              K: int(k),
              N: int(n),
              bits: int(4),
              block_size: int(blockSize),
              accuracy_level: int(options.accuracyLevel),
            },
          },
          ...(bias === null ? [] : [{ op: 'Add', name: `${base}_bias`, inputs: [product, bias], outputs: [output] }]),
        ],
        `${node.op} [${k}, ${n}] with 4-bit weights in blocks of ${blockSize}`,
      );
    }
    return draft.done();
  },
});
