import type { DataType, Graph, Model, Node, Refusal, Tensor } from '../../contracts/index.ts';
import { capturesOfNode, constantValue, inferFacts, labelOf, overridableOf } from '../../model/graph/index.ts';
import { bitsOf, tensor } from '../../model/tensor/index.ts';
import { sizeOf } from './content.ts';
import { mayVary } from './determinism.ts';

/** A value that becomes a weight. */
export interface Fold {
  readonly name: string;
  /** The node that computes it now. */
  readonly node: Node;
  readonly sizeBytes: number;
  /** Set when shapes alone tell the contents; otherwise the runtime computes them. */
  readonly tensor: Tensor | null;
}

export interface FoldPlan {
  readonly folds: readonly Fold[];
  /** Values that shapes tell, also inner ones: inputs for the computed ones. */
  readonly told: ReadonlyMap<string, Tensor>;
  readonly skipped: readonly Refusal[];
}

/** Dequantized weights stay behind their operator: folding would undo the quantization. */
const keep = new Set(['DequantizeLinear']);

/** Largest value that is ever computed at build time, whatever the options say. */
const absurdBytes = 2 ** 31;

interface Facts {
  readonly dtype: DataType | null;
  readonly dims: readonly (number | string | null)[] | null;
  readonly data?: readonly (number | string | null)[];
}

const bytesOf = (facts: Facts | null | undefined): number | null => {
  if (!facts?.dims || facts.dtype === null || facts.dtype === 'string') return null;
  let count = 1;
  for (const dim of facts.dims) {
    if (typeof dim !== 'number') return null;
    count *= dim;
  }
  return Math.ceil((count * bitsOf(facts.dtype)) / 8);
};

const toldBy = (facts: Facts | null | undefined): Tensor | null => {
  const { dtype, dims, data } = facts ?? {};
  if (!data || !dims?.every((dim) => typeof dim === 'number') || !data.every((one) => typeof one === 'number'))
    return null;
  const numbers = data as readonly number[];
  if (dims.length > 1 || (dims[0] ?? 1) !== numbers.length) return null;
  if (dtype === 'int64') return tensor('int64', dims as number[], BigInt64Array.from(numbers, BigInt));
  if (dtype === 'int32' && numbers.every((one) => (one | 0) === one))
    return tensor('int32', dims as number[], Int32Array.from(numbers));
  return null;
};

const usersOf = (graph: Graph): ReadonlyMap<string, readonly Node[]> => {
  const users = new Map<string, Node[]>();
  for (const node of graph.nodes)
    for (const name of new Set([...node.inputs, ...capturesOfNode(node)])) {
      const list = users.get(name);
      if (list) list.push(node);
      else users.set(name, [node]);
    }
  return users;
};

/** Sizes of stored values: initializers and Constant nodes. */
const weightsOf = (graph: Graph): ReadonlyMap<string, number> => {
  const held = new Map<string, number>();
  for (const [name, weight] of graph.initializers) held.set(name, sizeOf(weight));
  for (const node of graph.nodes) {
    const value = constantValue(node);
    if (value) held.set(node.outputs[0] ?? '', sizeOf(value));
  }
  return held;
};

/** Nodes that could be computed at build time, in order, and the values that shapes tell. Reads no large weights. */
export const findFoldable = (
  model: Model,
  body = false,
): {
  readonly nodes: readonly Node[];
  readonly told: ReadonlyMap<string, Tensor>;
  readonly facts: ReadonlyMap<string, Facts | null>;
  readonly skipped: readonly Refusal[];
} => {
  const { graph } = model;
  const facts: ReadonlyMap<string, Facts | null> = inferFacts(model, { useStated: false, body });
  const overridable = overridableOf(model, graph);
  const constant = new Set([...graph.initializers.keys()].filter((name) => !overridable.has(name)));
  const told = new Map<string, Tensor>();
  const nodes: Node[] = [];
  const skipped: Refusal[] = [];
  for (const node of graph.nodes) {
    if (constantValue(node)) {
      constant.add(node.outputs[0] ?? '');
      continue;
    }
    if (node.op === 'Constant' && node.domain === '') continue;
    const shapeTells = node.outputs.length === 1 ? toldBy(facts.get(node.outputs[0] ?? '')) : null;
    const reason = mayVary(node);
    if (shapeTells && reason === null) {
      told.set(node.outputs[0] ?? '', shapeTells);
      constant.add(node.outputs[0] ?? '');
      nodes.push(node);
      continue;
    }
    if (!node.inputs.every((name) => name === '' || constant.has(name))) continue;
    const refuse = (why: string): number => skipped.push({ reason: why, nodes: [labelOf(node)] });
    const sizes = node.outputs.filter((name) => name !== '').map((name) => bytesOf(facts.get(name)));
    if (reason !== null) refuse(reason);
    else if (keep.has(node.op)) refuse('it holds quantized weights, which stay small this way');
    else if (sizes.some((size) => size === null)) refuse('the size of its result is not known before it runs');
    else if (sizes.some((size) => (size ?? 0) > absurdBytes)) refuse('its result is over 2 GB');
    else {
      nodes.push(node);
      for (const name of node.outputs) constant.add(name);
    }
  }
  return { nodes, told, facts, skipped };
};

/** Decide which values become weights: results of foldable nodes that others need, unless the file would grow by more than
 *  `maximumGrowthBytes` a value. Weights that only the folded nodes use count as saved. What is too large stays computed,
 *  and its own inputs are folded instead. */
export const planFolding = (model: Model, maximumGrowthBytes: number, body = false): FoldPlan => {
  const { graph } = model;
  const { nodes, told, facts, skipped: refused } = findFoldable(model, body);
  const users = usersOf(graph);
  const outputs = new Set(graph.outputs.map((one) => one.name));
  const foldable = new Set(nodes);
  const maker = new Map<string, Node>();
  for (const node of nodes) for (const name of node.outputs) if (name !== '') maker.set(name, node);
  const skipped = [...refused];
  const folds: Fold[] = [];

  const held = weightsOf(graph);

  /** Bytes of weights that nothing but the way to this node uses. */
  const savedBy = (root: Node): number => {
    const cone = new Set<Node>();
    const weights = new Set<string>();
    const waiting = [root];
    for (let node = waiting.pop(); node && cone.size < 4096; node = waiting.pop()) {
      if (cone.has(node)) continue;
      cone.add(node);
      for (const name of node.inputs) {
        const next = maker.get(name);
        if (next) waiting.push(next);
        else if (held.has(name)) weights.add(name);
      }
    }
    const inside = (node: Node): boolean =>
      cone.has(node) &&
      (node === root ||
        node.outputs.every((name) => !outputs.has(name) && (users.get(name) ?? []).every((one) => cone.has(one))));
    let saved = 0;
    for (const name of weights)
      if (!outputs.has(name) && (users.get(name) ?? []).every(inside)) saved += held.get(name) ?? 0;
    return saved;
  };

  for (const node of nodes.toReversed()) {
    const needed = node.outputs.filter(
      (name) => name !== '' && (outputs.has(name) || (users.get(name) ?? []).some((user) => !foldable.has(user))),
    );
    if (needed.length === 0) continue;
    const output = needed.find((name) => outputs.has(name));
    const sizes = needed.map((name) => bytesOf(facts.get(name)) ?? 0);
    const growth = sizes.reduce((sum, size) => sum + size, 0) - savedBy(node);
    const why =
      output !== undefined
        ? `its result ${output} is an output of its graph`
        : growth > maximumGrowthBytes
          ? `its result would make the file ${growth} bytes larger`
          : null;
    if (why !== null) {
      foldable.delete(node);
      skipped.push({ reason: why, nodes: [labelOf(node)] });
      continue;
    }
    needed.forEach((name, i) => folds.push({ name, node, sizeBytes: sizes[i] ?? 0, tensor: told.get(name) ?? null }));
  }
  return { folds: folds.toReversed(), told, skipped };
};
