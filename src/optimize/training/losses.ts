import { int, ints, meanOver } from '../writing/emit.ts';
import type { Emitter } from '../writing/emit.ts';
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

/** Mean over the weighted items: Σ wᵢ·xᵢ / max(Σ wᵢ, ε), so that nothing weighted gives 0. Both of the same shape → scalar. */
const weightedMean = (to: Emitter, perItem: string, weights: string): string => {
  const whole = (x: string): string => to.emit('ReduceSum', [x], { keepdims: int(0) });
  const total = to.emit('Max', [whole(weights), to.scalar('float32', 1e-9)]);
  return to.emit('Div', [whole(to.emit('Mul', [perItem, weights])), total]);
};

/** Mean cross-entropy over the items that have a weight: rows without a label have weight 0, and their label may be −1.
 *  Shapes: logits float32 [batch, classes], labels int64 [batch], weights float32 [batch] → scalar. Units: nats.
 *  Source: Szegedy et al. 2016, §7, for the smoothing. */
export const weightedCrossEntropy = (
  to: Emitter,
  logits: string,
  labels: string,
  weights: string,
  classes: number,
  smoothing: number,
): string => {
  const spread = smoothing / classes;
  const values = to.add('loss/targets', tensor('float32', [2], Float32Array.of(spread, 1 - smoothing + spread)));
  const target = to.emit('OneHot', [labels, to.scalar('int64', classes), values], { axis: int(-1) });
  const logP = to.emit('LogSoftmax', [logits], { axis: int(-1) });
  const sum = to.emit('ReduceSum', [to.emit('Mul', [target, logP]), to.integers([-1])], { keepdims: int(0) });
  return weightedMean(to, to.emit('Neg', [sum]), weights);
};

/** Mean squared difference of hidden states over the tokens that the mask keeps.
 *  Shapes: both float32 [batch, tokens, width], mask float32 [batch, tokens] → scalar.
 *  Source: Jiao et al. 2020 (TinyBERT), equations 8 and 9, where `student` has been projected to the teacher's width. */
export const hiddenStates = (to: Emitter, student: string, teacher: string, mask: string): string => {
  const difference = to.emit('Sub', [student, teacher]);
  const square = to.emit('Mul', [difference, difference]);
  // [batch, tokens, 1], as the mask below.
  return weightedMean(to, meanOver(to, square, [-1]), to.emit('Unsqueeze', [mask, to.integers([-1])]));
};

/** Scores that relate each token to each other one: x·yᵀ/√d for every relation head, hidden tokens far below the rest.
 *  Shapes: x, y float32 [batch, tokens, heads · size], mask float32 [batch, tokens] → [batch, heads, tokens, tokens].
 *  Source: Wang et al. 2020 (MiniLM), §3.1 and §3.2; Wang et al. 2021 (MiniLMv2), §3.1, for heads of another size than the model's. */
export const relationScores = (
  to: Emitter,
  x: string,
  y: string,
  mask: string,
  heads: number,
  size: number,
): string => {
  const parted = (value: string, perm: readonly number[]): string =>
    to.emit('Transpose', [to.emit('Reshape', [value, to.integers([0, 0, heads, size])])], { perm: ints(perm) });
  const product = to.emit('MatMul', [parted(x, [0, 2, 1, 3]), parted(y, [0, 2, 3, 1])]);
  const scores = to.emit('Mul', [product, to.scalar('float32', 1 / Math.sqrt(size))]);
  const absent = to.emit('Sub', [to.scalar('float32', 1), to.emit('Unsqueeze', [mask, to.integers([1, 2])])]);
  return to.emit('Add', [scores, to.emit('Mul', [absent, to.scalar('float32', -10000)])]);
};

/** Mean KL divergence of the student's relations from the teacher's, over heads and the tokens that the mask keeps.
 *  Shapes: both scores float32 [batch, heads, tokens, tokens], mask float32 [batch, tokens] → scalar. Units: nats.
 *  Source: Wang et al. 2020 (MiniLM), equations 5 and 7. */
export const relations = (to: Emitter, student: string, teacher: string, mask: string): string => {
  const target = to.emit('LogSoftmax', [teacher], { axis: int(-1) });
  const difference = to.emit('Sub', [target, to.emit('LogSoftmax', [student], { axis: int(-1) })]);
  const weighted = to.emit('Mul', [to.emit('Exp', [target]), difference]);
  const perToken = to.emit('ReduceSum', [weighted, to.integers([-1])], { keepdims: int(0) });
  // [batch, 1, tokens], as the mask below: the mean over heads.
  return weightedMean(to, meanOver(to, perToken, [1]), to.emit('Unsqueeze', [mask, to.integers([1])]));
};

/** A sum of losses by their weights; those of weight 0 are left out. At least one must have another. */
export const weightedSum = (to: Emitter, parts: readonly (readonly [loss: string, weight: number])[]): string => {
  const scaled = parts
    .filter(([, weight]) => weight !== 0)
    .map(([loss, weight]) => (weight === 1 ? loss : to.emit('Mul', [loss, to.scalar('float32', weight)])));
  return scaled.length === 1 ? scaled[0]! : to.emit('Sum', scaled);
};

/** Σ(x − y)² / Σy²: how far a value is from what it should be, whatever its size. Both of the same shape → scalar. */
export const relativeSquare = (to: Emitter, value: string, wanted: string): string => {
  const difference = to.emit('Sub', [value, wanted]);
  const whole = (x: string): string => to.emit('ReduceSum', [to.emit('Mul', [x, x])], { keepdims: int(0) });
  return to.emit('Div', [whole(difference), to.emit('Max', [whole(wanted), to.scalar('float32', 1e-12)])]);
};
