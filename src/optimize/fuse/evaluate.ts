import { isSteelyardError } from '../../contracts/index.ts';
import type { Context, DataType, Model, Node, Refusal, Tensor, ValueInfo } from '../../contracts/index.ts';
import { labelOf } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import type { Fold, FoldPlan } from './foldable.ts';

/** Results that one session may return at once. */
const batchBytes = 256 * 1024 * 1024;
/** Sessions spent on finding operators that do not run. */
const maximumSessions = 48;

export interface Evaluated {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly skipped: readonly Refusal[];
}

/** A model of just the nodes that these values need, with the weights they use, and no inputs. */
export const constantModel = (model: Model, plan: FoldPlan, folds: readonly Fold[]): Model => {
  const { graph } = model;
  const maker = new Map<string, Node>();
  for (const node of graph.nodes) for (const name of node.outputs) if (name !== '') maker.set(name, node);
  const needed = new Set<Node>();
  const initializers = new Map<string, Tensor>();
  const waiting = folds.map((fold) => fold.name);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const known = plan.told.get(name) ?? graph.initializers.get(name);
    const node = maker.get(name);
    if (known) initializers.set(name, known);
    else if (node && !needed.has(node)) {
      needed.add(node);
      waiting.push(...node.inputs.filter((one) => one !== ''));
    }
  }
  return {
    ...model,
    irVersion: Math.max(model.irVersion, 4),
    metadata: new Map(),
    functions: [],
    graph: {
      name: 'constants',
      inputs: [],
      outputs: folds.map(({ name }): ValueInfo => ({ name, type: null })),
      nodes: graph.nodes.filter((node) => needed.has(node)),
      initializers,
      values: new Map(),
    },
  };
};

const computed = async (
  model: Model,
  plan: FoldPlan,
  folds: readonly Fold[],
  context: Context,
): Promise<Map<string, Tensor>> => {
  // Without the runtime's own rewrites every operator gives what it gives in the model.
  const session = await context.open(constantModel(model, plan, folds), { graphOptimization: 'disabled' });
  try {
    const { outputs } = await session.run({});
    return new Map(
      Object.entries(outputs).map(([name, value]) => [name, tensor(value.dtype as DataType, value.dims, value.data)]),
    );
  } finally {
    await session.close();
  }
};

const batchesOf = (folds: readonly Fold[]): Fold[][] => {
  const batches: Fold[][] = [];
  let room = 0;
  for (const fold of folds) {
    const last = batches.at(-1);
    if (last && fold.sizeBytes <= room) last.push(fold);
    else {
      batches.push([fold]);
      room = batchBytes;
    }
    room -= fold.sizeBytes;
  }
  return batches;
};

/** Compute the planned values in ONNX Runtime, in batches that bound memory. An operator that does not run is found by
 *  halving and becomes a reason. Errors: faults other than `runtime/…` pass through. */
export const evaluateFolds = async (model: Model, plan: FoldPlan, context: Context): Promise<Evaluated> => {
  const tensors = new Map<string, Tensor>();
  const skipped: Refusal[] = [];
  const waiting = batchesOf(plan.folds.filter((fold) => fold.tensor === null)).toReversed();
  let sessions = 0;
  for (let batch = waiting.pop(); batch; batch = waiting.pop()) {
    context.signal.throwIfAborted();
    context.progress({ label: 'computing constants', done: tensors.size, total: plan.folds.length });
    const [first] = batch;
    if (!first) continue;
    if (sessions++ >= maximumSessions) {
      skipped.push(...batch.map(({ node }) => ({ reason: 'too many operators do not run', nodes: [labelOf(node)] })));
      continue;
    }
    try {
      for (const [name, value] of await computed(model, plan, batch, context)) tensors.set(name, value);
    } catch (error) {
      if (context.signal.aborted || !isSteelyardError(error) || !error.code.startsWith('runtime/')) throw error;
      const half = Math.ceil(batch.length / 2);
      if (batch.length > 1) waiting.push(batch.slice(half), batch.slice(0, half));
      else skipped.push({ reason: `it does not run: ${error.message}`, nodes: [labelOf(first.node)] });
    }
  }
  return { tensors, skipped };
};
