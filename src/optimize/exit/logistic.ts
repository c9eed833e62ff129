import { SteelyardError, type Context, type Model } from '../../contracts/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { emitter, extend, int } from '../writing/emit.ts';
import { minimize } from './lbfgs.ts';
import type { Answers } from '../answers.ts';

/** A linear layer: scores = x · weight + bias. */
export interface Head {
  /** [width, classes]. */
  readonly weight: Float32Array;
  /** [classes]. */
  readonly bias: Float32Array;
  readonly classes: number;
}

/** Loss and gradients of multinomial logistic regression as a model. Shapes: x [n, width], targets [n, classes] are fixed inside;
 *  inputs weight [width, classes], bias [classes]; outputs loss, weight_gradient, bias_gradient.
 *  loss = −mean Σ t · ln p + λ/2 · ‖weight‖². */
const objectiveModel = (x: Answers, targets: Answers, strength: number): Model => {
  const count = x.values.length / x.width;
  const info = (name: string, dims: readonly number[]) => ({
    name,
    type: { kind: 'tensor', dtype: 'float32', dims } as const,
  });
  const inputs = [info('weight', [x.width, targets.width]), info('bias', [targets.width])];
  const empty: Model = {
    irVersion: 8,
    producer: '',
    graph: { name: 'logistic', inputs, outputs: [], nodes: [], initializers: new Map(), values: new Map() },
    opsets: new Map([['', 17]]),
    metadata: new Map(),
    functions: [],
  };
  const to = emitter(empty);
  const rows = to.add('x', tensor('float32', [count, x.width], x.values));
  const target = to.add('targets', tensor('float32', [count, targets.width], targets.values));
  const scores = to.emit('Gemm', [rows, 'weight', 'bias']);
  const log = to.emit('LogSoftmax', [scores], { axis: int(-1) });
  const fit = to.emit('Mul', [
    to.emit('ReduceSum', [to.emit('Mul', [target, log])], { keepdims: int(0) }),
    to.scalar('float32', -1 / count),
  ]);
  const decay = to.scalar('float32', strength);
  const size = to.emit('ReduceSum', [to.emit('Mul', ['weight', 'weight'])], { keepdims: int(0) });
  const half = to.emit('Mul', [to.emit('Mul', [size, decay]), to.scalar('float32', 0.5)]);
  const loss = to.emit('Add', [fit, half], {}, 'loss');
  const gap = to.emit('Mul', [to.emit('Sub', [to.emit('Exp', [log]), target]), to.scalar('float32', 1 / count)]);
  const pull = to.emit('Gemm', [rows, gap], { transA: int(1) });
  const weight = to.emit('Add', [pull, to.emit('Mul', ['weight', decay])], {}, 'weight_gradient');
  const bias = to.emit('ReduceSum', [gap, to.integers([0])], { keepdims: int(0) }, 'bias_gradient');
  const whole = extend(empty, to);
  const outputs = [info(loss, []), info(weight, [x.width, targets.width]), info(bias, [targets.width])];
  return { ...whole, graph: { ...whole.graph, outputs } };
};

/** Mean and spread of each column; a constant column gets spread 1. */
const columns = ({ width, values }: Answers): { readonly mean: Float64Array; readonly spread: Float64Array } => {
  const [mean, spread] = [new Float64Array(width), new Float64Array(width)];
  const count = values.length / width;
  for (let i = 0; i < values.length; i++) mean[i % width]! += values[i]! / count;
  for (let i = 0; i < values.length; i++) spread[i % width]! += (values[i]! - mean[i % width]!) ** 2 / count;
  return { mean, spread: spread.map((one) => (one > 1e-12 ? Math.sqrt(one) : 1)) };
};

/** Multinomial logistic regression with L2 regularization on standardized inputs, folded back to the inputs as they are.
 *  Shapes: x [n, width], targets [n, classes] (probabilities) → weight [width, classes], bias [classes].
 *  Errors: `optimize/values` when an input is not finite; `engine/cancelled`; `runtime/…`.
 *  Source: Bishop 2006, §4.3.4; Nocedal and Wright 2006, Alg. 7.5. */
export const fitLogistic = async (x: Answers, targets: Answers, strength: number, context: Context): Promise<Head> => {
  const { width } = x;
  const classes = targets.width;
  const { mean, spread } = columns(x);
  const standard = x.values.map((value, i) => (value - mean[i % width]!) / spread[i % width]!);
  if (!standard.every(Number.isFinite))
    throw new SteelyardError('optimize/values', 'hidden states hold NaN or infinity');
  const session = await context.open(objectiveModel({ width, values: standard }, targets, strength));
  try {
    const places = width * classes;
    const { x: best } = await minimize(
      async (point) => {
        if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while fitting an exit head');
        const all = Float32Array.from(point);
        const { outputs } = await session.run({
          weight: { dtype: 'float32', dims: [width, classes], data: all.subarray(0, places) },
          bias: { dtype: 'float32', dims: [classes], data: all.subarray(places) },
        });
        const gradient = new Float64Array(point.length);
        gradient.set(outputs['weight_gradient']!.data as Float32Array);
        gradient.set(outputs['bias_gradient']!.data as Float32Array, places);
        return { value: (outputs['loss']!.data as Float32Array)[0]!, gradient };
      },
      new Float64Array(places + classes),
      { iterations: 100, tolerance: 1e-5 },
    );
    const weight = new Float32Array(places);
    const bias = Float64Array.from(best.subarray(places));
    for (let row = 0; row < width; row++)
      for (let column = 0; column < classes; column++) {
        const scaled = best[row * classes + column]! / spread[row]!;
        weight[row * classes + column] = scaled;
        bias[column]! -= mean[row]! * scaled;
      }
    return { weight, bias: Float32Array.from(bias), classes };
  } finally {
    await session.close();
  }
};

/** The scores of a head. Shapes: x [n, width] → [n, classes]. */
export const applyHead = ({ weight, bias, classes }: Head, { width, values }: Answers): Answers => {
  const count = values.length / width;
  const scores = new Float32Array(count * classes);
  const line = new Float64Array(classes);
  for (let row = 0; row < count; row++) {
    line.set(bias);
    for (let i = 0; i < width; i++) {
      const value = values[row * width + i]!;
      const from = i * classes;
      for (let column = 0; column < classes; column++) line[column]! += value * weight[from + column]!;
    }
    scores.set(line, row * classes);
  }
  return { width: classes, values: scores };
};
