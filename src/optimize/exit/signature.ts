import type { Graph, Model, Node, Tensor, ValueInfo } from '../../contracts/index.ts';
import { constantValue, overridableOf } from '../../model/graph/index.ts';

/** Inputs that a caller has to feed: those without a weight behind them. */
export const fedInputs = ({ graph }: Pick<Model, 'graph'>): readonly ValueInfo[] =>
  graph.inputs.filter(({ name }) => !graph.initializers.has(name));

/** Inputs as they stay in a model of IR version 4 or later: older files list every weight among them. */
export const keptInputs = (model: Model): readonly ValueInfo[] =>
  model.irVersion < 4 ? fedInputs(model) : model.graph.inputs;

/** Why a model is no plain classifier with this one output, or null. */
export const notScoresOnly = ({ graph }: Model, output: string, which: string): string | null => {
  const others = graph.outputs.map(({ name }) => name).filter((name) => name !== output);
  if (others.length === graph.outputs.length) return `${which} has no output ${output}`;
  if (others.length > 0)
    return `${which} has other outputs (${others.join(', ')}) that an early answer could not give: keep ${output} alone`;
  if (!graph.nodes.some(({ outputs }) => outputs.includes(output))) return `${which} computes no ${output}`;
  if (graph.sparse !== undefined && graph.sparse.size > 0) return `${which} has sparse weights`;
  return null;
};

/** Whether an output is made by Softmax: probabilities, not logits. */
export const isProbability = ({ graph }: Pick<Model, 'graph'>, output: string): boolean => {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  let maker = makers.get(output);
  // Behind copies and casts.
  for (let steps = 0; maker !== undefined && steps < 8 && (maker.op === 'Identity' || maker.op === 'Cast'); steps++)
    maker = makers.get(maker.inputs[0] ?? '');
  return maker?.op === 'Softmax' && maker.domain === '';
};

const lookups: Readonly<Record<string, number>> = { Gather: 0, GatherBlockQuantized: 0, EmbedLayerNormalization: 2 };

/** Rows of the largest constant table that each integer input looks up, directly or behind a Cast. */
export const vocabularies = (model: Model): ReadonlyMap<string, number> => {
  const { graph } = model;
  const overridable = overridableOf(model, graph);
  const tables = new Map<string, Tensor>([...graph.initializers].filter(([name]) => !overridable.has(name)));
  const source = new Map<string, string>(fedInputs(model).map(({ name }) => [name, name]));
  const found = new Map<string, number>();
  const tableOf = (node: Node): readonly [string, string] | null => {
    const at = lookups[node.op];
    if (at === undefined) return null;
    return node.op === 'EmbedLayerNormalization'
      ? [node.inputs[at] ?? '', node.inputs[0] ?? '']
      : [node.inputs[0] ?? '', node.inputs[1] ?? ''];
  };
  for (const node of graph.nodes) {
    const value = constantValue(node);
    if (value !== null) tables.set(node.outputs[0] ?? '', value);
    if (node.domain === '' && (node.op === 'Cast' || node.op === 'Identity')) {
      const from = source.get(node.inputs[0] ?? '');
      if (from !== undefined) source.set(node.outputs[0] ?? '', from);
    }
    const looked = tableOf(node);
    if (looked === null) continue;
    const [table, indices] = looked;
    const input = source.get(indices);
    const rows = tables.get(table)?.dims[0];
    if (input !== undefined && rows !== undefined) found.set(input, Math.max(found.get(input) ?? 0, rows));
  }
  return found;
};

const sameData = (a: Tensor, b: Tensor): boolean => {
  if (a.dtype !== b.dtype || a.dims.join() !== b.dims.join()) return false;
  const [x, y] = [a.data, b.data];
  if (x === y) return true;
  if (x.kind === 'file' && y.kind === 'file')
    return x.path === y.path && x.offset === y.offset && x.length === y.length;
  return x.kind === 'inline' && y.kind === 'inline' && Buffer.compare(x.bytes, y.bytes) === 0;
};

/** Weights of `graph` that another model holds too, and no caller can override: name here → name there. Contents of files are not read. */
export const sharedWeights = (graph: Graph, model: Model): ReadonlyMap<string, string> => {
  const other = model.graph;
  const overridable = overridableOf(model, other);
  const byShape = new Map<string, string[]>();
  const key = ({ dtype, dims }: Tensor): string => `${dtype} ${dims.join()}`;
  for (const [name, tensor] of other.initializers) {
    if (overridable.has(name)) continue;
    const known = byShape.get(key(tensor));
    if (known) known.push(name);
    else byShape.set(key(tensor), [name]);
  }
  const found = new Map<string, string>();
  for (const [name, tensor] of graph.initializers) {
    const twin = byShape.get(key(tensor))?.find((one) => sameData(tensor, other.initializers.get(one)!));
    if (twin !== undefined) found.set(name, twin);
  }
  return found;
};

const plain = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'bigint'
      ? `${one}n`
      : one instanceof Map
        ? [...one.keys()]
        : one instanceof Uint8Array
          ? Buffer.from(one).toString('base64')
          : one,
  );

/** Whether two models compute the same: nodes and weights are equal. */
export const sameModel = (a: Model, b: Model): boolean => {
  if (a.graph === b.graph) return true;
  const [x, y] = [a.graph, b.graph];
  if (x.nodes.length !== y.nodes.length || x.initializers.size !== y.initializers.size) return false;
  for (const [name, tensor] of x.initializers) {
    const other = y.initializers.get(name);
    if (other === undefined || !sameData(tensor, other)) return false;
  }
  return x.nodes.every((node, i) => node === y.nodes[i] || plain(node) === plain(y.nodes[i]));
};
