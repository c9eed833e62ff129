import type { Model, Node, Random, Value } from '../../contracts/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { emitterFor } from '../writing/emit.ts';
import { eachName, inferFacts } from '../../model/graph/index.ts';

/** A model with dropout, and how many places it has. */
export interface Dropped {
  readonly model: Model;
  /** The input that says where in the pool each place's mask starts: int64 [places]. Absent without places. */
  readonly places: number;
  readonly poolSize: number;
}

/** Name of the added input. */
export const offsetsInput = 'dropout_offsets';

/** Put dropout behind every node for which `where` says so. A pool of seeded masks (0, or 1/(1 − rate), so that the mean stays)
 *  lies in the graph; each run takes, for each place, a stretch of it at an offset that the caller feeds. So a step's masks
 *  follow from the seed and its own offsets alone, and a run that goes on after a stop takes the same ones.
 *  Shapes: no value may have more than `poolSize / 2` elements. Source: Srivastava et al. 2014. */
export const withDropout = (
  model: Model,
  rate: number,
  poolSize: number,
  random: Random,
  where: (node: Node) => boolean,
): Dropped => {
  const { graph } = model;
  if (rate === 0 || !graph.nodes.some(where)) return { model, places: 0, poolSize };
  const taken = new Set<string>([offsetsInput]);
  eachName(graph, (name) => taken.add(name));
  const to = emitterFor(taken, model.opsets.get('') ?? 1);
  const kept = 1 / (1 - rate);
  const pool = to.add(
    'dropout/pool',
    tensor(
      'float32',
      [poolSize],
      Float32Array.from({ length: poolSize }, () => (random.next() < rate ? 0 : kept)),
    ),
  );
  const dropped = new Map<string, string>();
  const nodes: Node[] = [];
  let places = 0;
  let written = 0;
  for (const node of graph.nodes) {
    nodes.push({ ...node, inputs: node.inputs.map((name) => dropped.get(name) ?? name) });
    if (!where(node)) continue;
    const x = node.outputs[0]!;
    const start = to.emit('Gather', [offsetsInput, to.integers([places++])]);
    const shape = to.emit('Shape', [x]);
    const end = to.emit('Add', [start, to.emit('ReduceProd', [shape])]);
    const mask = to.emit('Reshape', [to.emit('Slice', [pool, start, end]), shape]);
    dropped.set(x, to.emit('Mul', [x, mask], {}, `dropout/${x}`));
    nodes.push(...to.nodes.slice(written));
    written = to.nodes.length;
  }
  const offsets = { name: offsetsInput, type: { kind: 'tensor', dtype: 'int64', dims: [places] } } as const;
  return {
    places,
    poolSize,
    model: {
      ...model,
      graph: {
        ...graph,
        inputs: [...graph.inputs, offsets],
        nodes,
        initializers: new Map([...graph.initializers, ...to.initializers]),
      },
    },
  };
};

/** Offsets for one step. */
export const dropoutOffsets = ({ places, poolSize }: Dropped, random: Random): Record<string, Value> =>
  places === 0
    ? {}
    : {
        [offsetsInput]: {
          dtype: 'int64',
          dims: [places],
          data: BigInt64Array.from({ length: places }, () => BigInt(random.integer(Math.floor(poolSize / 2)))),
        },
      };

/** Where BERT drops: behind the embeddings' norm, the output layers and the pooled value; not on the attention weights.
 *  Source: Devlin et al. 2019. */
export const bertDropout = (model: Model): ((node: Node) => boolean) => {
  const products = new Map(
    model.graph.nodes.filter(({ op }) => op === 'MatMul').map((node) => [node.outputs[0]!, node.inputs[1]!]),
  );
  const firstNorm = model.graph.nodes.find(({ op }) => op === 'LayerNormalization');
  return (node) => {
    if (node === firstNorm || node.op === 'Tanh') return true;
    const weight = node.op === 'Add' ? products.get(node.inputs[0]!) : undefined;
    return weight !== undefined && weight.endsWith('output.dense.weight');
  };
};

/** Where a transformer of any exporter drops: behind its first norm, before each residual sum, and on a pooled value (Tanh).
 *  A residual sum adds a computed value to the biased product of a weight. */
export const residualDropout = (model: Model): ((node: Node) => boolean) => {
  const { graph } = model;
  const constant = (name: string): boolean => graph.initializers.has(name);
  const consumers = new Map<string, Node[]>();
  for (const node of graph.nodes)
    for (const name of node.inputs) consumers.set(name, [...(consumers.get(name) ?? []), node]);
  const products = new Set(
    graph.nodes
      .filter(({ op, inputs }) => op === 'MatMul' && constant(inputs[1] ?? ''))
      .map(({ outputs }) => outputs[0]!),
  );
  const firstNorm = graph.nodes.find(({ op }) => op === 'LayerNormalization');
  const biased = (node: Node): boolean =>
    (node.op === 'Add' && node.inputs.some((name) => products.has(name)) && node.inputs.some(constant)) ||
    (node.op === 'Gemm' && constant(node.inputs[1] ?? ''));
  return (node) => {
    if (node === firstNorm || node.op === 'Tanh') return true;
    if (!biased(node)) return false;
    const all = consumers.get(node.outputs[0]!) ?? [];
    return all.length === 1 && all[0]!.op === 'Add' && !all[0]!.inputs.some(constant);
  };
};

/** How large the pool must be for the values behind some nodes, or null when a width is unknown.
 *  The first dimension is the batch, the second of three or more is the text's length where it is not known. */
export const poolFor = (
  model: Model,
  where: (node: Node) => boolean,
  batch: number,
  longest: number,
): number | null => {
  const facts = inferFacts(model);
  let most = 0;
  for (const node of model.graph.nodes.filter(where)) {
    const dims = facts.get(node.outputs[0] ?? '')?.dims;
    if (dims === undefined || dims === null) return null;
    let size = 1;
    for (const [axis, dim] of dims.entries()) {
      if (typeof dim === 'number') size *= dim;
      else if (axis === 0) size *= batch;
      else if (axis === 1 && dims.length > 2) size *= longest;
      else return null;
    }
    most = Math.max(most, size);
  }
  return 2 * most;
};
