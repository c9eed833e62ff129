import type { Model, Tensor, ValueInfo } from '../../contracts/index.ts';
import { elementCount } from '../../model/tensor/index.ts';
import { emitter, extend } from './emit.ts';
import { differentiate } from './gradient.ts';
import { countRight, crossEntropy } from './losses.ts';
import { adamW, clipping, stepScalars, type OptimizerSettings } from './optimizer.ts';

export interface StepSettings extends OptimizerSettings {
  /** Share of the target spread over all classes. */
  readonly labelSmoothing: number;
}

/** One optimizer step as a model, and how its outputs feed its next run. */
export interface Step {
  readonly model: Model;
  /** Names of outputs: mean loss, items answered right, norm of the gradient before clipping. */
  readonly loss: string;
  readonly right: string;
  readonly norm: string;
  /** Output → input: new weights and moments, for RunOptions.keep. */
  readonly keep: Readonly<Record<string, string>>;
  /** Weights that the loss depends on: the others do not change. */
  readonly weights: readonly string[];
  /** Inputs that hold the moments, zero at the start: name → shape of its weight. */
  readonly moments: ReadonlyMap<string, readonly number[]>;
}

const info = (name: string, dtype: 'float32' | 'int64', dims: readonly (number | string)[]): ValueInfo => ({
  name,
  type: { kind: 'tensor', dtype, dims },
});

/** Weights of at least two dimensions decay; biases and norms do not. */
const decays = (dims: readonly number[]): boolean => dims.length > 1;

/** Turn a classifier (its first output float32 [batch, classes]) into one training step: forward, loss, gradients, clipping, schedule
 *  and AdamW in one graph. Inputs beside the classifier's own: `labels` int64 [batch], `learning_rate` (the peak) and `step` (1 at the
 *  first) as float32 scalars, the trainable weights, and their moments. Outputs: loss, right, norm, and everything in `keep`. Errors: those of `differentiate`. */
export const trainingStep = (
  classifier: Model,
  trainable: ReadonlyMap<string, Tensor>,
  classes: number,
  settings: StepSettings,
): Step => {
  const { graph } = classifier;
  const logits = graph.outputs[0]!.name;
  const names = [...trainable.keys()];
  const forward: Model = {
    ...classifier,
    graph: {
      ...graph,
      inputs: [
        ...graph.inputs,
        info('labels', 'int64', ['batch']),
        info('learning_rate', 'float32', []),
        info('step', 'float32', []),
        ...names.map((name) => info(name, 'float32', trainable.get(name)!.dims)),
      ],
      initializers: new Map([...graph.initializers].filter(([name]) => !trainable.has(name))),
    },
  };
  const ahead = emitter(forward);
  const loss = crossEntropy(ahead, logits, 'labels', classes, settings.labelSmoothing);
  const right = countRight(ahead, logits, 'labels');
  const measured = extend(forward, ahead);

  const to = emitter(measured);
  const gradients = differentiate(measured, loss, names, to);
  const used = names.filter((name) => gradients.has(name));
  const { norm, factor } = clipping(
    to,
    used.map((name) => gradients.get(name)!),
    settings.clip,
  );
  const scalars = stepScalars(to, 'learning_rate', 'step', settings);
  const keep: Record<string, string> = {};
  const moments = new Map<string, readonly number[]>();
  const outputs: ValueInfo[] = [];
  const publish = (value: string, name: string, dtype: 'float32' | 'int64', dims: readonly number[]): string => {
    const output = to.emit('Identity', [value], {}, name);
    outputs.push(info(output, dtype, dims));
    return output;
  };
  const published = {
    loss: publish(loss, 'loss', 'float32', []),
    right: publish(right, 'right', 'int64', []),
    norm: publish(norm, 'gradient_norm', 'float32', []),
  };
  for (const weight of used) {
    const { dims } = trainable.get(weight)!;
    const [m, v] = [`${weight}.m`, `${weight}.v`];
    const gradient = to.emit('Mul', [gradients.get(weight)!, factor]);
    const rates = decays(dims) ? settings : { ...settings, weightDecay: 0 };
    const next = adamW(to, { weight, gradient, m, v }, scalars, rates);
    for (const [input, value] of [[weight, next.weight] as const, [m, next.m] as const, [v, next.v] as const]) {
      keep[publish(value, `${input}.next`, 'float32', dims)] = input;
      if (input !== weight) moments.set(input, dims);
    }
  }
  const whole = extend(measured, to);
  const stateInputs = [...moments].map(([name, dims]) => info(name, 'float32', dims));
  return {
    model: {
      ...whole,
      graph: { ...whole.graph, inputs: [...whole.graph.inputs, ...stateInputs], outputs, values: new Map() },
    },
    ...published,
    keep,
    weights: used,
    moments,
  };
};

/** Values in all weights: what one step moves. */
export const countWeights = (weights: ReadonlyMap<string, Tensor>): number =>
  [...weights.values()].reduce((sum, { dims }) => sum + elementCount(dims), 0);
