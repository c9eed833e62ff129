import { SteelyardError } from '../../contracts/index.ts';
import type { Feeds, Model, Node, Tensor, Value, ValueInfo } from '../../contracts/index.ts';
import { capturesOfNode, constantValue } from '../../model/graph/index.ts';
import { elementCount, readTensorSync, toFloat32 } from '../../model/tensor/index.ts';
import { emitter, extend } from './emit.ts';
import { decompose } from './decompose.ts';
import { differentiate } from './gradient.ts';
import {
  adamW,
  clipping,
  coefficientNames,
  updateScalars,
  type CoefficientName,
  type Coefficients,
} from './optimizer.ts';
import { joined, parted, together } from './flat.ts';
import { foldScales } from './fold-scales.ts';
import { settleBranches } from './settle-branches.ts';
import { needed, weightGradient, type Seen } from './products.ts';
import { takeEarly } from '../places/take-early.ts';

export interface StepSettings {
  /** Largest global norm of the gradient. */
  readonly clip: number;
  /** Gradients of several runs are added up before the weights move. */
  readonly accumulates: boolean;
  /** A running mean of each weight is kept too. */
  readonly averages: boolean;
  /** Values of the objective that no gradient passes. */
  readonly constant?: ReadonlySet<string>;
  /** Weights that learn faster or slower than the others: factor of the learning rate. */
  readonly rateFactors?: ReadonlyMap<string, number>;
}

export type Role = 'weight' | 'first' | 'second' | 'mean' | 'sum';

/** Something that stays in the session's process between steps. */
export interface Kept {
  readonly weight: string;
  readonly role: Role;
  readonly dims: readonly number[];
}

/** One optimizer step as a model, and how its outputs feed its next run. */
export interface Step {
  readonly model: Model;
  /** Names of outputs: the loss, the objective's further outputs, the norm of the gradient before clipping. */
  readonly loss: string;
  readonly reported: readonly string[];
  readonly norm: string;
  /** Output → input: for RunOptions.keep. */
  readonly keep: Readonly<Record<string, string>>;
  /** Weights that the loss depends on: the others do not change. */
  readonly weights: readonly string[];
  /** Every input that `keep` feeds. Moments and sums are zero at the start, means are the weights. */
  readonly state: ReadonlyMap<string, Kept>;
  /** Input of each coefficient; missing: this step has no use for it. */
  readonly coefficients: Readonly<Partial<Record<CoefficientName, string>>>;
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

/** Coefficients as feeds of a step. */
export const coefficientFeeds = ({ coefficients }: Step, values: Coefficients): Feeds =>
  Object.fromEntries(
    Object.entries(coefficients).map(([name, input]): [string, Value] => [
      input,
      { dtype: 'float32', dims: [], data: Float32Array.of(values[name as CoefficientName]) },
    ]),
  );

/** Turn an objective (a model whose first output is the loss, a float32 scalar; further scalar outputs are reported) into one
 *  training step: forward, gradients, clipping and AdamW in one graph. Its inputs are the objective's own, the coefficients
 *  (see `coefficientsOf`), and what stays between steps: weights, moments, sums of gradients, means.
 *  Errors: those of `differentiate`; `training/weights` when none of the weights changes the loss, or one is not a float32 weight of it. */
export const trainingStep = (
  objective: Model,
  trainable: ReadonlyMap<string, Tensor>,
  settings: StepSettings,
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

  const inputs = Object.fromEntries(coefficientNames.map((name) => [name, to.fresh(`training/${name}`)])) as Record<
    CoefficientName,
    string
  >;
  const keep: Record<string, string> = {};
  const state = new Map<string, Kept>();
  const outputs: ValueInfo[] = [...graph.outputs];
  const hold = (weight: string, role: Role): string => {
    const input = role === 'weight' ? weight : to.fresh(`${weight}/${role}`);
    state.set(input, { weight, role, dims: trainable.get(weight)!.dims });
    return input;
  };
  const nextOf = (input: string): string => `${input}/next`;
  const publish = (input: string, output: string): void => {
    outputs.push(info(output, state.get(input)!.dims));
    keep[output] = input;
  };

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
  const factorOf = (weight: string): number => settings.rateFactors?.get(weight) ?? 1;
  const groups = together(used, (weight) => ({ dims: trainable.get(weight)!.dims, factor: factorOf(weight) }));
  /** What a group keeps between steps, as one value; its next value, by which it is fed again. */
  const held = (group: readonly string[], role: Role) => {
    const names = group.map((weight) => hold(weight, role));
    const value = joined(to, names);
    const next = (result: string): void => {
      if (names.length === 1) return publish(names[0]!, result);
      const outputs = names.map((name) => to.fresh(nextOf(name)));
      parted(
        to,
        result,
        group.map((weight) => elementCount(trainable.get(weight)!.dims)),
        outputs,
      );
      names.forEach((name, i) => publish(name, outputs[i]!));
    };
    return { value, next };
  };
  const totals = groups.map((group) => {
    const gradient = joined(to, group.map(gradientOf));
    if (!settings.accumulates) return gradient;
    const sum = held(group, 'sum');
    const total = to.emit('Add', [sum.value, to.emit('Mul', [gradient, inputs.share])]);
    sum.next(to.emit('Mul', [total, inputs.carry], {}, nextOf(sum.value)));
    return total;
  });
  const { norm, factor } = clipping(to, totals, settings.clip);
  const scalars = updateScalars(to, inputs, factor);
  const sizes = new Map<number, { size: string; shrink: string }>();
  const sizeOf = (by: number): { size: string; shrink: string } => {
    const scaled = (name: string): string => (by === 1 ? name : to.emit('Mul', [name, to.scalar('float32', by)]));
    let known = sizes.get(by);
    if (known === undefined) {
      const shrink = to.emit('Sub', [to.scalar('float32', 1), scaled(inputs.decay)]);
      sizes.set(by, (known = { size: scaled(inputs.size), shrink }));
    }
    return known;
  };
  for (const [at, group] of groups.entries()) {
    const [first, second, weight] = [held(group, 'first'), held(group, 'second'), held(group, 'weight')];
    const { size, shrink } = sizeOf(factorOf(group[0]!));
    const next = adamW(
      to,
      { weight: weight.value, gradient: totals[at]!, first: first.value, second: second.value },
      scalars,
      size,
      decays(trainable.get(group[0]!)!.dims) ? shrink : null,
      nextOf,
    );
    weight.next(next.weight);
    first.next(next.first);
    second.next(next.second);
    if (!settings.averages) continue;
    const mean = held(group, 'mean');
    const mixed = [to.emit('Mul', [mean.value, inputs.keepMean]), to.emit('Mul', [next.weight, inputs.takeMean])];
    mean.next(to.emit('Add', mixed, {}, nextOf(mean.value)));
  }
  const published = to.emit('Identity', [norm], {}, 'gradient_norm');
  outputs.push(info(published, []));

  const read = new Set([...graph.nodes, ...to.nodes].flatMap((node) => node.inputs));
  const coefficients = Object.fromEntries(Object.entries(inputs).filter(([, input]) => read.has(input)));
  const written = extend(forward, to);
  const alive = needed(
    written.graph.nodes,
    outputs.map(({ name }) => name),
    (node) => [...node.inputs, ...capturesOfNode(node)],
  );
  const whole: Model = { ...written, graph: { ...written.graph, nodes: alive } };
  const more = [
    ...Object.values(coefficients).map((name) => info(name, [])),
    ...[...state].filter(([, { role }]) => role !== 'weight').map(([name, { dims }]) => info(name, dims)),
  ];
  // A weight without influence is an input that nobody would feed.
  const idle = new Set(names.filter((name) => !gradients.has(name)));
  const fed = whole.graph.inputs.filter(({ name }) => !idle.has(name));
  const still = names.filter((name) => idle.has(name)).map((name) => [name, trainable.get(name)!] as const);
  return {
    model: {
      ...whole,
      graph: {
        ...whole.graph,
        inputs: [...fed, ...more],
        outputs,
        initializers: new Map([...whole.graph.initializers, ...still]),
        values: new Map(),
      },
    },
    loss,
    reported,
    norm: published,
    keep,
    weights: used,
    state,
    coefficients,
  };
};

/** Values in all weights: what one step moves. */
export const countWeights = (weights: ReadonlyMap<string, Tensor>): number =>
  [...weights.values()].reduce((sum, { dims }) => sum + elementCount(dims), 0);
