import type { Context, Model, Node, Tensor } from '../../contracts/index.ts';
import { constantValue, overridableOf } from '../../model/graph/index.ts';
import { toFloat32 } from '../../model/tensor/index.ts';
import { isFinite32 } from '../algebra/matrix.ts';

/** A weight that can be trained. */
export interface Trainable {
  readonly name: string;
  readonly tensor: Tensor;
  /** 1 where the weight may change, 0 where it was pruned; null: everywhere. */
  readonly mask: Float32Array | null;
}

/** Positions of the inputs of an operator that hold weights. */
const places: Readonly<Record<string, readonly number[]>> = {
  MatMul: [0, 1],
  Gemm: [1, 2],
  Conv: [1, 2],
  Gather: [0],
  LayerNormalization: [1, 2],
  RMSNormalization: [1],
  SimplifiedLayerNormalization: [1],
  LSTM: [1, 2, 3],
  GRU: [1, 2, 3],
  PRelu: [1],
};

/** A vector along the last axis: a bias, or the scale of a normalization that was spelled out. */
const isVector = ({ dims }: Tensor): boolean => {
  const size = dims.at(-1) ?? 1;
  return size > 1 && dims.slice(0, -1).every((dim) => dim === 1);
};

const weightPlaces = (node: Node): readonly number[] =>
  node.domain === '' ? (places[node.op] ?? (node.op === 'Add' || node.op === 'Mul' ? [0, 1] : [])) : [];

/** Share of exact zeros from which a weight counts as pruned: training must not fill it again. */
const prunedShare = 0.2;

/** Weights that fine-tuning may change: float32 initializers in the places of weights, not masks, scalars or tables of constants.
 *  Where a fifth of a matrix or more is exactly zero, the zeros stay. Weights with values that are not finite are left alone.
 *  Errors: `model/data`. */
export const trainableOf = async (model: Model, context: Context): Promise<Trainable[]> => {
  const { graph } = model;
  const overridable = overridableOf(model, graph);
  const found = new Map<string, Tensor>();
  const unfit = new Set(graph.outputs.map(({ name }) => name));
  for (const node of graph.nodes)
    for (const place of weightPlaces(node)) {
      const name = node.inputs[place] ?? '';
      const tensor = graph.initializers.get(name);
      if (tensor === undefined || overridable.has(name) || tensor.dtype !== 'float32' || tensor.dims.includes(0))
        continue;
      const spelled = node.op === 'Add' || node.op === 'Mul';
      if (spelled ? isVector(tensor) : tensor.dims.length > 0) found.set(name, tensor);
    }
  const result: Trainable[] = [];
  for (const [name, tensor] of found) {
    if (unfit.has(name)) continue;
    const values = toFloat32('float32', await context.bytes(tensor));
    if (!isFinite32(values)) continue;
    const zeros = values.reduce((count, value) => count + (value === 0 ? 1 : 0), 0);
    const pruned = tensor.dims.length > 1 && zeros >= prunedShare * values.length && zeros < values.length;
    result.push({ name, tensor, mask: pruned ? values.map((value) => (value === 0 ? 0 : 1)) : null });
  }
  return result;
};

/** Constant nodes as initializers, so that weights which an exporter wrote as nodes can be trained too. */
export const withoutConstantNodes = (model: Model): Model => {
  const { graph } = model;
  const initializers = new Map(graph.initializers);
  const nodes = graph.nodes.filter((node) => {
    const value = constantValue(node);
    const [output = ''] = node.outputs;
    if (value === null || output === '' || graph.outputs.some(({ name }) => name === output)) return true;
    initializers.set(output, value);
    return false;
  });
  return nodes.length === graph.nodes.length ? model : { ...model, graph: { ...graph, nodes, initializers } };
};
