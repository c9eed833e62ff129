import {
  SteelyardError,
  defineTechnique,
  type Context,
  type Feeds,
  type Graph,
  type Model,
  type Node,
  type Options,
  type OptionsSpec,
  type TechniqueResult,
  type Tensor,
} from '../../contracts/index.ts';
import {
  cannotRaise,
  constantValue,
  edit,
  graphsOf,
  hasSubgraph,
  int,
  intOf,
  labelOf,
  matchAt,
  onRaised,
  subgraphsOf,
  tensorOf,
  tensorValue,
  type Draft,
} from '../../model/graph/index.ts';
import { floatsToHalf, toFloat32 } from '../../model/tensor/index.ts';
import { layerNorm, rmsNorm } from '../fuse/layer-normalization-patterns.ts';
import { withRows } from '../calibrate/index.ts';
import { inline, matches } from '../linear.ts';
import { withinBudget } from './mixed/index.ts';
import { rounded } from './rounded.ts';

/** Largest finite float16. */
const largestHalf = 65504;
const float32Code = 1;
const float16Code = 10;

/** Operators whose float inputs and outputs may all be float16 in every operator set since 7. Everything else stays float32. */
const convertible: ReadonlySet<string> = new Set(
  (
    'Abs Acos Add And ArgMax ArgMin Asin Atan AveragePool BatchNormalization Cast Ceil Clip Concat Constant ConstantOfShape Conv ' +
    'ConvTranspose Cos DepthToSpace Div Dropout Einsum Elu Equal Erf Exp Expand Flatten Floor GRU Gather GatherElements GatherND Gelu ' +
    'Gemm GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual HardSigmoid HardSwish Identity InstanceNormalization LSTM ' +
    'LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax MatMul MaxPool Mean Mish Mul Neg Not OneHot Or PRelu Pad Pow ' +
    'RNN Reciprocal ReduceL1 ReduceL2 ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu ' +
    'Reshape Round ScatterElements ScatterND Selu Shape Sigmoid Sign Sin Size Slice Softmax Softplus Softsign SpaceToDepth Split ' +
    'Sqrt Squeeze Sub Sum Tan Tanh Tile Transpose Trilu Unsqueeze Where Xor'
  ).split(' '),
);

/** The first operator set whose operators all take float16. */
const float16Opset = 13;

const hasWeights = (graph: Graph): boolean =>
  [...graph.initializers.values()].some(({ dtype }) => dtype === 'float32') ||
  graph.nodes.some((node) => node.op === 'Constant' && constantValue(node)?.dtype === 'float32');

/** Whether a body of this node, or one inside it, holds float32 weights. */
const bodiesHoldWeights = (node: Node): boolean =>
  subgraphsOf(node).some(({ graph }) => graphsOf({ graph }).some(hasWeights));

/** Operators that have shape-like or statistic inputs which must stay float32. */
const isConvertible = (node: Node): boolean => node.domain === '' && convertible.has(node.op) && !hasSubgraph(node);

/** Whether a constant leaves float16's range. Read tensor by tensor. */
const overflows = (values: Float32Array): boolean => {
  for (let i = 0; i < values.length; i++)
    if (Math.abs(values[i]!) > largestHalf && Number.isFinite(values[i]!)) return true;
  return false;
};

/** Largest magnitude of each value on the calibration inputs: the model runs with a ReduceMax(Abs(·)) beside every value asked for,
 *  so that only scalars leave the session. */
const magnitudes = async (
  model: Model,
  names: readonly string[],
  batches: AsyncIterable<Feeds>,
  context: Context,
): Promise<ReadonlyMap<string, number>> => {
  const outputOf = (index: number): string => `steelyard_magnitude_${index}`;
  const probes = names.flatMap((name, index): Node[] => {
    const absolute = `steelyard_absolute_${index}`;
    const flat = { name: '', domain: '', attributes: {} };
    return [
      { ...flat, op: 'Abs', inputs: [name], outputs: [absolute] },
      { ...flat, op: 'ReduceMax', inputs: [absolute], outputs: [outputOf(index)], attributes: { keepdims: int(0) } },
    ];
  });
  const { graph } = model;
  const session = await context.open({
    ...model,
    graph: {
      ...graph,
      nodes: [...graph.nodes, ...probes],
      outputs: names.map((_, index) => ({
        name: outputOf(index),
        type: { kind: 'tensor', dtype: 'float32', dims: [] },
      })),
    },
  });
  const found = new Map<string, number>();
  try {
    for await (const feeds of batches) {
      if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while calibrating');
      const { outputs } = await session.run(feeds);
      for (const [index, name] of names.entries()) {
        const value = Number(outputs[outputOf(index)]!.data[0]);
        found.set(name, Math.max(found.get(name) ?? 0, Number.isNaN(value) ? Number.POSITIVE_INFINITY : value));
      }
    }
  } finally {
    await session.close();
  }
  return found;
};

/** A normalization that is written out stays float32 as a whole where a part of it does, and so does what makes its input: ONNX Runtime 1.30
 *  joins the parts to one operator at load, through casts too, and that operator cannot have two types. */
const wholeNormalizations = (draft: Draft, islands: Map<Node, string>): ReadonlyMap<Node, string> => {
  if (islands.size === 0) return islands;
  const groups = draft.nodes().flatMap((node) =>
    [layerNorm, rmsNorm].flatMap((shape) => {
      const outcome = matchAt(draft, shape, node);
      if (outcome.kind === 'miss') return [];
      const maker = draft.producer(outcome.match.value('x'));
      return [{ parts: outcome.match.nodes, all: [...outcome.match.nodes, ...(maker === undefined ? [] : [maker])] }];
    }),
  );
  for (let size = -1; size !== islands.size;) {
    size = islands.size;
    for (const { parts, all } of groups) {
      const kept = parts.find((one) => islands.has(one));
      if (kept === undefined) continue;
      for (const one of all)
        if (!islands.has(one))
          islands.set(one, `it belongs to a normalization of which ${labelOf(kept)} stays float32`);
    }
  }
  return islands;
};

/** What is the same however many operators stay float32: found out once for all trials on a model. */
interface Known {
  /** Largest magnitude of each value on the calibration inputs; empty without any. */
  readonly reached: ReadonlyMap<string, number>;
  /** A constant as float16; null when it leaves float16's range. */
  half(constant: Tensor): Promise<Tensor | null>;
}

const knownOf = async (model: Model, context: Context): Promise<Known> => {
  const draft = edit(model);
  const asked = draft
    .nodes()
    .flatMap((node) => (isConvertible(node) ? node.outputs : []))
    .filter((name) => name !== '' && draft.dtype(name) === 'float32');
  const { calibration } = context;
  const halves = new Map<Tensor, Promise<Tensor | null>>();
  const convertConstant = async (constant: Tensor): Promise<Tensor | null> => {
    const values = toFloat32('float32', await context.bytes(constant));
    return overflows(values) ? null : context.keep(inline('float16', constant.dims, floatsToHalf(values)));
  };
  return {
    reached:
      calibration === null || asked.length === 0
        ? new Map()
        : await magnitudes(model, asked, withRows(calibration()), context),
    half(constant) {
      const half = halves.get(constant) ?? convertConstant(constant);
      halves.set(constant, half);
      return half;
    },
  };
};

/** Nodes that must stay float32, with the reason. */
const islandsOf = async (
  draft: Draft,
  known: Known,
  headroom: number,
  exclude: readonly string[],
): Promise<ReadonlyMap<Node, string>> => {
  const islands = new Map<Node, string>();
  for (const node of draft.nodes()) {
    const unknown = [...node.inputs, ...node.outputs].find((name) => name !== '' && draft.dtype(name) === null);
    // Values inside of a body cannot be watched for overflow.
    if (hasSubgraph(node)) islands.set(node, `${node.op} stays float32 with everything in its bodies`);
    else if (!isConvertible(node)) islands.set(node, `${node.op} has no float16 form here`);
    else if (unknown !== undefined) islands.set(node, `the element type of ${unknown} is unknown`);
    else if (matches(node, exclude)) islands.set(node, 'excluded by the exclude option');
    else
      for (const name of node.inputs) {
        const constant = name === '' ? null : draft.constant(name);
        if (constant?.dtype !== 'float32') continue;
        if ((await known.half(constant)) === null) islands.set(node, `its constant ${name} exceeds the float16 range`);
      }
  }
  for (const node of draft.nodes()) {
    const worst = Math.max(0, ...[...node.inputs, ...node.outputs].map((name) => known.reached.get(name) ?? 0));
    if (worst > largestHalf / headroom && !islands.has(node))
      islands.set(
        node,
        `it reaches ${worst.toPrecision(3)} on real inputs, beyond float16 with a headroom of ${headroom}`,
      );
  }
  return wholeNormalizations(draft, islands);
};

const settings = {
  headroom: {
    kind: 'number',
    default: 4,
    min: 1,
    max: 1000,
    description:
      'Keep an operator in float32 when calibration values come closer than this factor to the float16 limit.',
  },
  maxError: {
    kind: 'number',
    default: 0.01,
    min: 0.0001,
    max: 1,
    description:
      'With calibration data: take the operators that lose most back to float32 until the relative error of the outputs is below this.',
  },
  exclude: {
    kind: 'names',
    default: [],
    description: 'Node names or outputs to keep in float32; * matches any characters.',
  },
} as const satisfies OptionsSpec;
type Settings = Options<typeof settings>;

const convert = async (model: Model, options: Settings, known: Known, context: Context): Promise<TechniqueResult> => {
  const draft = edit(model);
  const islands = await islandsOf(draft, known, options.headroom, options.exclude);
  const all = draft.nodes();
  const floating = new Set(
    all
      .flatMap((node) => [...node.inputs, ...node.outputs])
      .filter((name) => name !== '' && draft.dtype(name) === 'float32'),
  );
  /** float32 value → its float16 twin. */
  const halves = new Map<string, string>();
  /** Twins whose float32 original is no longer made by a node. */
  const moved = new Map<string, string>();
  const half = async (name: string): Promise<string> => {
    const made = halves.get(name);
    if (made !== undefined) return made;
    const constant = draft.constant(name);
    let twin: string;
    if (constant !== null) {
      const converted = await known.half(constant);
      if (converted === null) throw new Error(`${name} leaves the range of float16`);
      twin = draft.addInitializer(`${name}_fp16`, converted);
    } else {
      twin = draft.fresh(`${name}_fp16`);
      draft.insert([
        {
          op: 'Cast',
          name: `${name}_to_fp16`,
          inputs: [name],
          outputs: [twin],
          attributes: { to: int(float16Code) },
        },
      ]);
    }
    halves.set(name, twin);
    return twin;
  };
  for (const node of all) {
    const island = islands.get(node);
    const touches = [...node.inputs, ...node.outputs].some((name) => floating.has(name)) || bodiesHoldWeights(node);
    if (!touches) continue;
    if (island !== undefined) {
      draft.skip(node, island);
      continue;
    }
    // Constants are converted where they are used.
    if (node.op === 'Constant') continue;
    if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while converting');
    const inputs: string[] = [];
    for (const name of node.inputs) inputs.push(floating.has(name) ? await half(name) : name);
    const outputs = node.outputs.map((name) => {
      if (!floating.has(name)) return name;
      const twin = draft.fresh(`${name}_fp16`);
      halves.set(name, twin);
      moved.set(name, twin);
      return twin;
    });
    const attributes = { ...node.attributes };
    if (node.op === 'Cast' && intOf(node, 'to', 0) === float32Code) attributes['to'] = int(float16Code);
    if (node.op === 'ConstantOfShape') {
      const value = tensorOf(node, 'value');
      const filled = value === null ? new Float32Array(1) : toFloat32('float32', await context.bytes(value));
      attributes['value'] = tensorValue(inline('float16', [1], floatsToHalf(filled)));
    }
    // The float32 names stay alive through casts; those that nothing needs are dropped at the end.
    const casts = node.outputs
      .filter((name) => floating.has(name) && draft.isUsed(name))
      .map((name) => ({
        op: 'Cast',
        name: `${name}_to_fp32`,
        inputs: [moved.get(name)!],
        outputs: [name],
        attributes: { to: int(float32Code) },
      }));
    draft.replace(
      node,
      [{ op: node.op, domain: node.domain, name: node.name, inputs, outputs, attributes }, ...casts],
      `${node.op} in float16`,
    );
  }
  const result = draft.done();
  return result.changes.length + result.skipped.length > 0
    ? result
    : { ...result, skipped: [{ reason: 'no operator computes with its float32 weights', nodes: [] }] };
};

/** Calibration batches that trials of single operators look at. */
const trialBatches = 4;

/** Converted, with the operators that lose most back in float32 where calibration data shows too large an error. */
const withIslands = async (model: Model, options: Settings, context: Context): Promise<TechniqueResult> => {
  const known = await knownOf(model, context);
  return context.calibration === null
    ? convert(model, options, known, context)
    : withinBudget(
        model,
        (layers) => convert(model, { ...options, exclude: [...options.exclude, ...layers] }, known, context),
        { maxError: options.maxError, minAgreement: 0, batches: trialBatches },
        context,
        { form: rounded, session: { graphOptimization: 'disabled' } },
      );
};

/** The whole network in float16 with float32 inputs and outputs, and float32 islands where float16 would overflow or lose too much.
 *  Names: every float32 value keeps its name; its float16 twin has its own, and casts stand where both meet.
 *  Bodies of If, Loop and Scan stay float32. Errors: none of its own. Source: ONNX Cast; IEEE 754 binary16. */
export const float16 = defineTechnique({
  id: 'quantize/float16',
  version: 5,
  title: 'float16',
  source: 'IEEE 754 binary16; ONNX Cast',
  summary:
    'Stores and computes the network in 16-bit floats, with 32-bit inputs and outputs and 32-bit islands where values would overflow or lose too much. ' +
    'Half the file. On CPUs it gains no speed, since ONNX Runtime computes in float32 there; GPUs and browsers with WebGPU gain.',
  fileSuffix: 'fp16',
  needs: { calibration: 'optional', training: false },
  options: settings,
  place: { stage: 'weights', saves: ['time', 'bytes'], whole: true },
  tolerance: ({ maxError }) => Math.min(1, Math.max(0.02, maxError * 3)),
  check: (model) => {
    const refusal = cannotRaise(model, float16Opset);
    if (refusal !== null || hasWeights(model.graph)) return refusal;
    const inside = model.graph.nodes.filter((node) => hasSubgraph(node) && bodiesHoldWeights(node));
    return inside.length > 0
      ? { reason: 'all float32 weights are in bodies, which stay float32', nodes: inside.map(labelOf) }
      : { reason: 'the model has no float32 weights', nodes: [] };
  },
  apply: (model, options, context) => onRaised(model, float16Opset, (raised) => withIslands(raised, options, context)),
});
