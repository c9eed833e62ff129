import { SteelyardError, defineTechnique, type Node } from '../../contracts/index.ts';
import { cannotRaise, editEach, graphsOf, labelOf, onRaised } from '../../model/graph/index.ts';
import { createRoom, withoutRoom } from '../../model/tensor/index.ts';
import type { WeightScheme } from './arithmetic.ts';
import { kindOf, kinds, kindsNamed, planAll } from './dynamic-plan.ts';
import { scopesOf } from './dynamic-scope.ts';
import { activationsOf, createPool } from './dynamic-weights.ts';

/** DynamicQuantizeLinear appeared here. */
const leastOpset = 11;

/** Second inputs that several nodes share. ONNX Runtime 1.30 does not load a model where session.x64quantprecision makes one int8 weight unsigned for two
 *  nodes, so such a weight is unsigned from the start: its sums never saturate either. */
const weightsOfSeveral = (nodes: Iterable<Node>): ReadonlySet<string> => {
  const seen = new Set<string>();
  const several = new Set<string>();
  for (const { inputs } of nodes) {
    const weight = inputs[1] ?? '';
    if (seen.has(weight)) several.add(weight);
    seen.add(weight);
  }
  return several;
};

/** int8 weights; inputs become uint8 at run time, one quantization per tensor however many use it. The main graph and the bodies of If, Loop
 *  and Scan, also with weights from the graphs around them.
 *  Shapes: unchanged. Errors: `model/too-deep`.
 *  Source: ONNX DynamicQuantizeLinear, MatMulInteger, ConvInteger; ONNX Runtime DynamicQuantizeLSTM, QAttention. */
export const dynamic = defineTechnique({
  id: 'quantize/dynamic',
  version: 5,
  title: 'Dynamic int8',
  source:
    'ONNX operators DynamicQuantizeLinear-11, MatMulInteger-10, ConvInteger-10; ONNX Runtime DynamicQuantizeLSTM, QAttention; Jacob et al. 2018, §2',
  summary:
    'Stores the weights of MatMul, Gemm, LSTM and Attention (and of Conv on request) as 8-bit integers and quantizes their inputs at run time. ' +
    'ONNX Runtime fuses the result into DynamicQuantizeMatMul or MatMulIntegerToFloat, its fastest integer kernels on CPUs. ' +
    'Needs no calibration data; pays most on wide layers. Convolutions become smaller, seldom faster.',
  fileSuffix: 'quantized',
  layerwise: true,
  needs: { calibration: 'none', training: false },
  options: {
    operators: {
      kind: 'names',
      default: ['MatMul', 'Gemm', 'LSTM', 'Attention'],
      description: `Which operators: any of ${kinds.join(', ')}; * is all. Conv makes the file smaller and is seldom faster on CPUs.`,
    },
    perChannel: {
      kind: 'boolean',
      default: false,
      description:
        'One scale per output channel instead of one per weight: finer, a little slower. Conv always has it.',
      search: [false, true],
    },
    weightType: {
      kind: 'choice',
      choices: ['int8', 'uint8'],
      default: 'int8',
      description:
        'int8 is symmetric and fastest on most CPUs; uint8 is exact on CPUs whose u8×s8 kernel saturates. Conv always has uint8.',
      search: ['int8', 'uint8'],
    },
    bits: {
      kind: 'choice',
      choices: ['8', '7'],
      default: '8',
      description:
        '7 keeps products inside 16 bits on CPUs with AVX2 but without VNNI, where u8×s8 sums saturate; with 8 only weights get it whose products saturation could spoil.',
      search: ['8', '7'],
      searchWhen: { weightType: ['int8'] },
    },
    exact: {
      kind: 'boolean',
      default: false,
      description:
        'Ask ONNX Runtime for sums that never saturate (session.x64quantprecision) where weights are 8-bit int8: slower on CPUs that would saturate, the same on others.',
      search: [false, true],
      searchWhen: { bits: ['8'] },
    },
    minValues: {
      kind: 'integer',
      default: 256,
      min: 1,
      max: 1_000_000_000,
      description: 'Leave smaller weights in float32: the added operators would cost more than they save.',
    },
    copyShared: {
      kind: 'boolean',
      default: false,
      description: 'Quantize a weight also where its float32 form has to stay for others: faster, but the file grows.',
    },
    exclude: {
      kind: 'names',
      default: [],
      description: 'Node names or outputs to leave in float32; * matches any characters.',
    },
  },
  place: { stage: 'weights', saves: ['time', 'bytes'] },
  searchFor: (model) => ({
    operators: graphsOf(model).some(({ nodes }) => nodes.some((node) => kindOf(node) === 'Conv'))
      ? [['MatMul', 'Gemm', 'LSTM', 'Attention'], ['*']]
      : [],
  }),
  tolerance: () => 0.2,
  check: (model, options) => {
    const wanted = kindsNamed(options.operators);
    if (wanted === null)
      return {
        reason: `the operators option is ${options.operators.join(', ')}; it knows ${kinds.join(', ')} and patterns with *`,
        nodes: [],
      };
    const found = graphsOf(model).some(({ nodes }) =>
      nodes.some((node) => {
        const kind = kindOf(node);
        return kind !== null && wanted.has(kind);
      }),
    );
    if (!found)
      return { reason: `the graph has no ${[...wanted].join(', ').replace(/, ([^,]+)$/, ' or $1')}`, nodes: [] };
    return cannotRaise(model, leastOpset);
  },
  apply: (original, options, context) =>
    onRaised(original, leastOpset, async (model) => {
      const scheme: WeightScheme = {
        type: options.weightType === 'uint8' ? 'uint8' : 'int8',
        perChannel: options.perChannel,
        bits: options.bits === '7' ? 7 : 8,
        exactSums: options.exact,
      };
      const plans = await planAll(model, {
        kinds: kindsNamed(options.operators) ?? new Set(),
        exclude: options.exclude,
        minValues: options.minValues,
        copyShared: options.copyShared,
      });
      const total = plans.reduce((sum, plan) => sum + plan.size, 0);
      const scopes = scopesOf(model);
      const rooms = { weights: createRoom(), codes: createRoom() };
      const pool = createPool(async (tensor) => withoutRoom(await context.keep(tensor), rooms.codes));
      let [graph, done, saturating] = [0, 0, false];
      const result = await editEach(model, async (draft) => {
        const { main, constant } = scopes[graph]!;
        const plan = plans[graph++]!;
        if (main) pool.deliver(draft);
        const bench = {
          draft,
          main,
          context,
          scheme,
          pool,
          rooms,
          constant: (name: string) => constant(draft, name),
          activation: activationsOf(draft),
        };
        const twice = options.exact ? weightsOfSeveral(plan.keys()) : new Set<string>();
        for (const [node, entry] of plan) {
          if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while quantizing');
          context.progress({ label: 'quantizing weights', done: done++, total, detail: labelOf(node) });
          const own = twice.has(node.inputs[1] ?? '') ? ({ ...scheme, type: 'uint8' } as const) : scheme;
          const why = typeof entry === 'string' ? entry : await entry.rewrite({ ...bench, scheme: own });
          if (why !== null) draft.skip(node, why);
          else saturating ||= kindOf(node) !== 'Conv' && own.type === 'int8' && own.bits === 8;
        }
      });
      return options.exact && saturating ? { ...result, config: { 'session.x64quantprecision': '1' } } : result;
    }),
});
