import { floatOf, intOf } from '../../../model/graph/index.ts';
import { sumOutputTo } from '../broadcast.ts';
import { meanOver, sumOver } from '../emit.ts';
import type { Rule } from '../types.ts';

/** y = softmax(x): dx = y·(dy − Σ dy·y). */
const softmax: Rule = (at) => {
  const { to } = at;
  const y = at.output();
  const inner = sumOver(to, to.emit('Mul', [at.dy, y]), [intOf(at.node, 'axis', -1)], true);
  return [to.emit('Mul', [y, to.emit('Sub', [at.dy, inner])])];
};

/** y = log softmax(x): dx = dy − eʸ·Σ dy. */
const logSoftmax: Rule = (at) => {
  const { to } = at;
  const total = sumOver(to, at.dy, [intOf(at.node, 'axis', -1)], true);
  return [to.emit('Sub', [at.dy, to.emit('Mul', [to.emit('Exp', [at.output()]), total])])];
};

/** x̂ = (x − mean)/√(var + ε), y = x̂·scale + bias, g = dy·scale: dx = (g − mean(g) − x̂·mean(g·x̂))/√(var + ε).
 *  Mean and deviation are computed again: cheap, and the node keeps its outputs. Source: Ba et al. 2016; ONNX LayerNormalization-17. */
const layerNormalization: Rule = (at) => {
  const { to, node } = at;
  if (at.grad(1) !== null || at.grad(2) !== null) at.refuse('has a loss that depends on its mean or deviation');
  const x = at.input(0);
  const rank = at.rank(x);
  const first = intOf(node, 'axis', -1);
  const start = first < 0 ? first + rank : first;
  const axes = Array.from({ length: rank - start }, (_, i) => start + i);
  const centered = to.emit('Sub', [x, meanOver(to, x, axes)]);
  const variance = meanOver(to, to.emit('Mul', [centered, centered]), axes);
  const deviation = to.emit('Sqrt', [to.emit('Add', [variance, at.scalar(floatOf(node, 'epsilon', 1e-5))])]);
  const hat = to.emit('Div', [centered, deviation]);
  const byX = (): string => {
    const g = to.emit('Mul', [at.dy, at.input(1)]);
    const along = to.emit('Mul', [hat, meanOver(to, to.emit('Mul', [g, hat]), axes)]);
    return to.emit('Div', [to.emit('Sub', [to.emit('Sub', [g, meanOver(to, g, axes)]), along]), deviation]);
  };
  return [
    at.wants(0) ? byX() : null,
    at.wants(1) ? sumOutputTo(at, to.emit('Mul', [at.dy, hat]), 1) : null,
    at.wants(2) ? sumOutputTo(at, at.dy, 2) : null,
  ];
};

/** With fixed statistics: y = (x − mean)·scale/√(var + ε) + bias, per channel. The statistics get no gradient.
 *  Shapes: x [N, C, …], the others [C]. Source: ONNX BatchNormalization-15, training_mode 0. */
const batchNormalization: Rule = (at) => {
  const { to, node } = at;
  if (intOf(node, 'training_mode', 0) !== 0) at.refuse('is in training mode');
  if (at.wants(3) || at.wants(4)) at.refuse('has trainable statistics');
  const rank = at.rank(at.input(0));
  const column = to.integers([-1, ...Array.from({ length: rank - 2 }, () => 1)]);
  const perChannel = (name: string): string => to.emit('Reshape', [name, column]);
  const variance = to.emit('Add', [at.input(4), at.scalar(floatOf(node, 'epsilon', 1e-5))]);
  const deviation = perChannel(to.emit('Sqrt', [variance]));
  const axes = [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2)];
  const byScale = (): string => {
    const hat = to.emit('Div', [to.emit('Sub', [at.input(0), perChannel(at.input(3))]), deviation]);
    return sumOver(to, to.emit('Mul', [at.dy, hat]), axes, false);
  };
  return [
    at.wants(0) ? to.emit('Mul', [at.dy, to.emit('Div', [perChannel(at.input(1)), deviation])]) : null,
    at.wants(1) ? byScale() : null,
    at.wants(2) ? sumOver(to, at.dy, axes, false) : null,
  ];
};

/** Rules of normalizing operators. */
export const normalize: Readonly<Record<string, Rule>> = {
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  LayerNormalization: layerNormalization,
  BatchNormalization: batchNormalization,
};
