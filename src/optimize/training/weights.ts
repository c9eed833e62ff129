import { SteelyardError } from '../../contracts/index.ts';
import type { Graph, Model, Node, Tensor } from '../../contracts/index.ts';
import { constantValue } from '../../model/graph/index.ts';
import { elementCount } from '../../model/tensor/index.ts';

/** Which weights of a model stay as they are. */
export interface Freezing {
  /** Names of weights or of the nodes that use them; `*` matches any run of characters. */
  readonly names: readonly string[];
  /** Tables that ids are looked up in. */
  readonly embeddings: boolean;
  /** The first n blocks, counted from 0 by the numbers in names ("layer.0", "blocks/1", "h.2"). */
  readonly blocks: number;
}

/** float32 tensors in Constant nodes become initializers of the same names: weights that some exporters hide there. Scalars stay.
 *  What the model computes is unchanged. */
export const liftConstants = (model: Model): Model => {
  const { graph } = model;
  const lifted = new Map<string, Tensor>();
  const nodes = graph.nodes.filter((node) => {
    const value = constantValue(node);
    if (value === null || value.dtype !== 'float32' || value.dims.length === 0) return true;
    // An attribute's tensor may carry a name of its own.
    lifted.set(node.outputs[0]!, { dtype: value.dtype, dims: value.dims, data: value.data });
    return false;
  });
  if (lifted.size === 0) return model;
  return { ...model, graph: { ...graph, nodes, initializers: new Map([...graph.initializers, ...lifted]) } };
};

/** Operators by which a weight reaches the one that uses it. */
const passing = new Set(['Transpose', 'Reshape', 'Unsqueeze', 'Squeeze', 'Identity', 'Flatten']);
/** Inputs that are weights when they are constant. */
const places: Readonly<Record<string, readonly number[]>> = {
  MatMul: [0, 1],
  FusedMatMul: [0, 1],
  Gemm: [0, 1, 2],
  FusedGemm: [0, 1, 2],
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Einsum: [0, 1, 2, 3],
  Gather: [0],
  LayerNormalization: [1, 2],
  SimplifiedLayerNormalization: [1],
  RMSNormalization: [1],
  SkipLayerNormalization: [2, 3, 4],
  SkipSimplifiedLayerNormalization: [2, 3],
  EmbedLayerNormalization: [2, 3, 4, 5, 6],
  BatchNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  GroupNormalization: [1, 2],
  BiasGelu: [1],
  FastGelu: [1],
  Attention: [1, 2],
  MultiHeadAttention: [3],
  PRelu: [1],
  Add: [0, 1],
  Sub: [0, 1],
  Mul: [0, 1],
  Div: [0, 1],
  LSTM: [1, 2, 3],
  GRU: [1, 2, 3],
  RNN: [1, 2, 3],
};
const arithmetic = new Set(['Add', 'Sub', 'Mul', 'Div']);

const block = /(?:^|[./_])(?:layers?|blocks?|h|stages?)[./_](\d+)(?=[./_]|$)/i;

/** The number of the block that a name belongs to, or null. */
export const blockOf = (name: string): number | null => {
  const found = block.exec(name);
  return found === null ? null : Number(found[1]);
};

const expression = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);

interface Use {
  readonly node: Node;
  readonly place: number;
}

/** Where each constant ends up: the operators that use it, seen through Transpose, Reshape and the like. */
const usesOf = (graph: Graph): Map<string, Use[]> => {
  const origin = new Map([...graph.initializers.keys()].map((name) => [name, name]));
  const uses = new Map<string, Use[]>();
  for (const node of graph.nodes) {
    const first = origin.get(node.inputs[0] ?? '');
    if (first !== undefined && passing.has(node.op) && node.outputs[0]) origin.set(node.outputs[0], first);
    for (const [place, name] of node.inputs.entries()) {
      const from = origin.get(name);
      if (from === undefined || (passing.has(node.op) && place === 0)) continue;
      const all = uses.get(from);
      if (all === undefined) uses.set(from, [{ node, place }]);
      else all.push({ node, place });
    }
  }
  return uses;
};

/** Constants of more than this many elements in an addition or product are looked at before they count as weights. */
const isLarge = (values: Float32Array): boolean => {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return !(most < 1e4);
};

/** The float32 weights that training may change: constant operands of products, convolutions and norms, biases, tables. Scalars, statistics
 *  of BatchNormalization, and additive masks (some value of at least 1e4) are none.
 *  Errors: `training/settings` when a pattern names nothing, blocks are to stay and no name has a number, or nothing is left to train. */
export const trainableWeights = async (
  model: Model,
  freezing: Freezing,
  read: (tensor: Tensor) => Promise<Float32Array>,
): Promise<Map<string, Tensor>> => {
  const { graph } = model;
  const uses = usesOf(graph);
  const patterns = freezing.names.map((pattern) => ({ pattern, test: expression(pattern), hit: false }));
  const trainable = new Map<string, Tensor>();
  let numbered = false;
  for (const [name, one] of graph.initializers) {
    if (one.dtype !== 'float32' || elementCount(one.dims) < 2) continue;
    const used = uses.get(name) ?? [];
    const roles = used.filter(({ node, place }) => places[node.op]?.includes(place) === true);
    if (roles.length === 0) continue;
    const names = [name, ...used.flatMap(({ node }) => [node.name, ...node.outputs])].filter((each) => each !== '');
    let frozen =
      freezing.embeddings && roles.some(({ node }) => node.op === 'Gather' || node.op === 'EmbedLayerNormalization');
    for (const one of patterns) if (names.some((each) => one.test.test(each))) frozen = one.hit = true;
    const at = names.map(blockOf).find((number) => number !== null);
    if (at !== undefined && at !== null) {
      numbered = true;
      if (at < freezing.blocks) frozen = true;
    }
    if (frozen) continue;
    if (roles.every(({ node }) => arithmetic.has(node.op)) && isLarge(await read(one))) continue;
    trainable.set(name, one);
  }
  const missed = patterns.find(({ hit }) => !hit);
  if (missed !== undefined)
    throw new SteelyardError(
      'training/settings',
      `no weight and no node that uses one is named "${missed.pattern}"`,
      'steelyard inspect lists the names; * matches any run of characters',
    );
  if (freezing.blocks > 0 && !numbered)
    throw new SteelyardError(
      'training/settings',
      `the first ${freezing.blocks} blocks are to stay, but no name in the model has a block number`,
      'name the weights to keep instead (freeze)',
    );
  if (trainable.size === 0)
    throw new SteelyardError(
      'training/settings',
      'no weight is left to train',
      'freeze less; quantized and float16 weights cannot be trained: start from the float32 model',
    );
  return trainable;
};
