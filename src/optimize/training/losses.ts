import { int } from './emit.ts';
import type { Emitter } from './emit.ts';
import { tensor } from '../../model/tensor/index.ts';

const negativeMean = (to: Emitter, perItem: string): string =>
  to.emit('Neg', [to.emit('ReduceMean', [perItem], { keepdims: int(0) })]);

/** Mean cross-entropy, with label smoothing: the target is 1 − ε at the label and ε spread over all classes.
 *  Shapes: logits float32 [batch, classes], labels int64 [batch] → scalar. Units: nats. Source: Szegedy et al. 2016, §7. */
export const crossEntropy = (
  to: Emitter,
  logits: string,
  labels: string,
  classes: number,
  smoothing: number,
): string => {
  const spread = smoothing / classes;
  const values = to.add('loss/targets', tensor('float32', [2], Float32Array.of(spread, 1 - smoothing + spread)));
  const target = to.emit('OneHot', [labels, to.scalar('int64', classes), values], { axis: int(-1) });
  return softCrossEntropy(to, logits, target);
};

/** Mean cross-entropy against target probabilities. Shapes: both float32 [batch, classes] → scalar. Units: nats. */
export const softCrossEntropy = (to: Emitter, logits: string, target: string): string => {
  const logP = to.emit('LogSoftmax', [logits], { axis: int(-1) });
  const perItem = to.emit('ReduceSum', [to.emit('Mul', [target, logP]), to.integers([-1])], { keepdims: int(0) });
  return negativeMean(to, perItem);
};

/** Mean KL divergence of the softened answers of a student from those of a teacher, times T², so that the size of its
 *  gradient does not depend on T. Shapes: both logits float32 [batch, classes] → scalar. Units: nats·T².
 *  Source: Hinton et al. 2015, §2. */
export const distillation = (to: Emitter, student: string, teacher: string, temperature: number): string => {
  const scale = to.scalar('float32', 1 / temperature);
  const soft = (logits: string): string => to.emit('LogSoftmax', [to.emit('Mul', [logits, scale])], { axis: int(-1) });
  const target = soft(teacher);
  const difference = to.emit('Sub', [soft(student), target]);
  const weighted = to.emit('Mul', [to.emit('Exp', [target]), difference]);
  const perItem = to.emit('ReduceSum', [weighted, to.integers([-1])], { keepdims: int(0) });
  return to.emit('Mul', [negativeMean(to, perItem), to.scalar('float32', temperature * temperature)]);
};

/** How many items have their largest logit at the label. Shapes: [batch, classes], [batch] → int64 scalar. */
export const countRight = (to: Emitter, logits: string, labels: string): string => {
  const best = to.emit('ArgMax', [logits], { axis: int(-1), keepdims: int(0) });
  const right = to.emit('Cast', [to.emit('Equal', [best, labels])], { to: int(7) });
  return to.emit('ReduceSum', [right], { keepdims: int(0) });
};
