import { SteelyardError } from '../../contracts/index.ts';
import type { Model, Node, Tensor, Trained, ValueInfo } from '../../contracts/index.ts';
import { capturesOfNode, constantValue } from '../../model/graph/index.ts';
import { elementCount, readTensorSync, toFloat32 } from '../../model/tensor/index.ts';
import { emitter, extend } from '../writing/emit.ts';
import { decompose } from './decompose.ts';
import { differentiate } from './gradient.ts';
import { foldScales } from './fold-scales.ts';
import { settleBranches } from './settle-branches.ts';
import { needed, weightGradient, type Seen } from './products.ts';
import { takeEarly } from '../places/take-early.ts';

export interface StepSettings {
  /** Values of the objective that no gradient passes. */
  readonly constant?: ReadonlySet<string>;
  /** Weights that learn faster or slower than the others: factor of the learning rate. */
  readonly rateFactors?: ReadonlyMap<string, number>;
}

/** Forward and backward pass as one model: weights are inputs, their gradients outputs. */
export interface Step {
  readonly model: Model;
  /** Names of outputs: the loss, the objective's further outputs. */
  readonly loss: string;
  readonly reported: readonly string[];
  /** Weights that the loss depends on: the others do not change. */
  readonly weights: readonly Trained[];
}

const info = (name: string, dims: readonly (number | string)[]): ValueInfo => ({
  name,
  type: { kind: 'tensor', dtype: 'float32', dims },
});

const constantOf = ({ graph }: Model, maker: Node | undefined, name: string): Tensor | undefined =>
  graph.initializers.get(name) ?? (maker === undefined ? undefined : (constantValue(maker) ?? undefined));

/** The number of a tensor that holds one; null when it holds others, or is not there. */
const onlyNumber = (value: Tensor | undefined): number | null =>
  value === undefined || value.dtype === 'string' || elementCount(value.dims) !== 1
    ? null
    : toFloat32(value.dtype, readTensorSync(value))[0]!;

/** Weights of at least two dimensions decay; biases and norms do not. */
const decays = (dims: readonly number[]): boolean => dims.length > 1;

/** Turn an objective (a model whose first output is the loss, a float32 scalar; further scalar outputs are reported) into what a step of
 *  training runs: its inputs are the objective's own and the weights, its outputs the objective's and the gradients.
 *  Errors: those of `differentiate`; `training/weights` when none of the weights changes the loss, or one is not a float32 weight of it. */
export const trainingStep = (
  objective: Model,
  trainable: ReadonlyMap<string, Tensor>,
  settings: StepSettings = {},
): Step => {
  // Forward and backward share what fused operators compute inside.
  const plain = foldScales(
    takeEarly(decompose(settleBranches(objective)), settings.constant),
    new Set([...trainable.keys(), ...(settings.constant ?? [])]),
  );
  const { graph } = plain;
  const [loss, ...reported] = graph.outputs.map(({ name }) => name);
  if (loss === undefined) throw new SteelyardError('training/loss', 'the objective has no output');
  const names = [...trainable.keys()];
  for (const [name, { dtype }] of trainable)
    if (dtype !== 'float32' || !graph.initializers.has(name))
      throw new SteelyardError(
        'training/weights',
        graph.initializers.has(name)
          ? `the weight "${name}" is ${dtype}; training changes float32 weights`
          : `the model has no weight "${name}"`,
      );
  const own = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  const forward: Model = {
    ...plain,
    graph: {
      ...graph,
      inputs: [...own, ...names.map((name) => info(name, trainable.get(name)!.dims))],
      initializers: new Map([...graph.initializers].filter(([name]) => !trainable.has(name))),
    },
  };
  const to = emitter(forward);
  const gradients = differentiate(forward, loss, names, to, { constant: settings.constant ?? new Set() });
  const used = names.filter((name) => gradients.has(name));
  if (used.length === 0) throw new SteelyardError('training/weights', 'none of the weights to train changes the loss');

  const makers = new Map(
    [...graph.nodes, ...to.nodes].flatMap((node) => node.outputs.map((name) => [name, node] as const)),
  );
  const seen: Seen = {
    maker: (name) => makers.get(name) ?? null,
    number: (name) => onlyNumber(constantOf(forward, makers.get(name), name) ?? to.initializers.get(name)),
  };
  const transposed = new Map<string, string>();
  const gradientOf = (weight: string): string => {
    const found = gradients.get(weight)!;
    return weightGradient(makers.get(found), trainable.get(weight)!.dims, to, transposed, seen) ?? found;
  };
  const outputs: ValueInfo[] = [...graph.outputs];
  const weights = used.map((weight): Trained => {
    const { dims } = trainable.get(weight)!;
    // By a name of its own: one value may be the gradient of two weights.
    const gradient = to.emit('Identity', [gradientOf(weight)], {}, `${weight}/gradient`);
    outputs.push(info(gradient, dims));
    return { weight, gradient, dims, rateFactor: settings.rateFactors?.get(weight) ?? 1, decays: decays(dims) };
  });
  const written = extend(forward, to);
  const alive = needed(
    written.graph.nodes,
    outputs.map(({ name }) => name),
    (node) => [...node.inputs, ...capturesOfNode(node)],
  );
  // A weight without influence is an input that nobody would feed.
  const idle = new Set(names.filter((name) => !gradients.has(name)));
  const still = [...idle].map((name) => [name, trainable.get(name)!] as const);
  return {
    model: {
      ...written,
      graph: {
        ...written.graph,
        nodes: alive,
        inputs: written.graph.inputs.filter(({ name }) => !idle.has(name)),
        outputs,
        initializers: new Map([...written.graph.initializers, ...still]),
        values: new Map(),
      },
    },
    loss,
    reported,
    weights,
  };
};

/** Values in all weights: what one step moves. */
export const countWeights = (weights: ReadonlyMap<string, Tensor>): number =>
  [...weights.values()].reduce((sum, { dims }) => sum + elementCount(dims), 0);
