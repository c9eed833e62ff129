import { SteelyardError } from '../../contracts/index.ts';
import type { Model, ValueInfo } from '../../contracts/index.ts';
import { emitter, extend, int } from '../writing/emit.ts';
import { labelsInput } from './lessons.ts';
import { crossEntropy } from './losses.ts';

/** Share of items whose largest score is at their label. Shapes: [batch, classes], int64 [batch] → float32 scalar. */
const accuracy = (to: ReturnType<typeof emitter>, scores: string, labels: string): string => {
  const best = to.emit('ArgMax', [scores], { axis: int(-1), keepdims: int(0) });
  const right = to.emit('Cast', [to.emit('Equal', [best, labels])], { to: int(1) });
  return to.emit('ReduceMean', [right], { keepdims: int(0) }, 'accuracy');
};

/** A classifier with its loss: what `learn` minimizes to train it on labels. Its outputs are the loss (cross-entropy with label
 *  smoothing, in nats) and the share of right answers; it has a further input, `labels` int64 [batch].
 *  Shapes: `output` is float32 [batch, classes]. Errors: `training/output` when the model has no such output or an input named `labels`. */
export const classifierObjective = (model: Model, output: string, classes: number, smoothing: number): Model => {
  const { graph } = model;
  if (!graph.outputs.some(({ name }) => name === output))
    throw new SteelyardError('training/output', `the model has no output "${output}"`);
  if (graph.inputs.some(({ name }) => name === labelsInput))
    throw new SteelyardError('training/output', `the model already has an input named "${labelsInput}"`);
  const labels: ValueInfo = { name: labelsInput, type: { kind: 'tensor', dtype: 'int64', dims: ['batch'] } };
  const before: Model = { ...model, graph: { ...graph, inputs: [...graph.inputs, labels] } };
  const to = emitter(before);
  const loss = to.emit('Identity', [crossEntropy(to, output, labelsInput, classes, smoothing)], {}, 'loss');
  const right = accuracy(to, output, labelsInput);
  const whole = extend(before, to);
  const scalar = (name: string): ValueInfo => ({ name, type: { kind: 'tensor', dtype: 'float32', dims: [] } });
  return { ...whole, graph: { ...whole.graph, outputs: [scalar(loss), scalar(right)] } };
};
