import { floatOf, intOf } from '../../../model/graph/index.ts';
import { sumOutputTo } from '../broadcast.ts';
import { castTo, meanOver, sumOver } from '../../writing/emit.ts';
import type { Backward, Rule } from '../types.ts';

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

/** The normalized axes: from `axis` to the last. */
const lastAxes = (at: Backward): number[] => {
  const rank = at.rank(at.input(0));
  const first = intOf(at.node, 'axis', -1);
  const start = first < 0 ? first + rank : first;
  return Array.from({ length: rank - start }, (_, i) => start + i);
};

/** √(mean of squares + ε). */
const deviationOf = (at: Backward, values: string, axes: readonly number[]): string => {
  const { to } = at;
  const squares = meanOver(to, to.emit('Mul', [values, values]), axes);
  return to.emit('Sqrt', [to.emit('Add', [squares, at.scalar(floatOf(at.node, 'epsilon', 1e-5))])]);
};

const added = (at: Backward, parts: readonly (string | null)[]): string | null => {
  const given = parts.filter((part) => part !== null);
  return given.length === 0 ? null : given.length === 1 ? given[0]! : at.to.emit('Sum', given);
};

/** dx, dscale and dbias where only the last axis is normalized and the scale is a vector of known size n: with c = x − mean, r = 1/√(var + ε),
 *  g = dy·scale and p = dy·c: dx = r·(g − mean g − c·r²·mean(p·scale)) and dscale = Σ r·p. Weighted sums along rows are products
 *  with a vector, which the runtime does in one pass; x̂ is not needed. null where the form is another one. */
const lastAxisNormalization = (
  at: Backward,
  axes: readonly number[],
  centered: string,
  inverse: string,
): { readonly byX: () => string; readonly byScale: () => string } | null => {
  const { to } = at;
  const [size, ...more] = at.dims(at.input(1)) ?? [];
  if (axes.length !== 1 || typeof size !== 'number' || more.length > 0) return null;
  const along = to.emit('Mul', [at.dy, centered]);
  const byX = (): string => {
    const share = to.emit('Mul', [at.input(1), at.scalar(1 / size)]);
    const column = to.emit('Reshape', [share, to.integers([size, 1])]);
    const part = to.emit('Mul', [to.emit('MatMul', [along, column]), to.emit('Mul', [inverse, inverse])]);
    const level = to.emit('Sub', [to.emit('Mul', [at.dy, at.input(1)]), to.emit('MatMul', [at.dy, column])]);
    return to.emit('Mul', [to.emit('Sub', [level, to.emit('Mul', [centered, part])]), inverse]);
  };
  const byScale = (): string => sumOutputTo(at, to.emit('Mul', [along, inverse]), 1);
  return { byX, byScale };
};

/** x̂ = (x − mean)/√(var + ε), y = x̂·scale + bias, g = dy·scale: dx = (g − mean(g) − x̂·mean(g·x̂))/√(var + ε). A loss that uses the
 *  mean m or the inverse deviation r adds dm/n and −dr·r²·x̂/n.
 *  Where the node gives its statistics out they are used, else computed again. Source: Ba et al. 2016; ONNX LayerNormalization-17. */
const layerNormalization: Rule = (at) => {
  const { to } = at;
  const x = at.input(0);
  const axes = lastAxes(at);
  const given = at.output(1) !== '' && at.output(2) !== '' && at.dtype(x) === 'float32';
  const centered = to.emit('Sub', [x, given ? at.output(1) : meanOver(to, x, axes)]);
  const inverse = given ? at.output(2) : to.emit('Reciprocal', [deviationOf(at, centered, axes)]);
  const dy = at.grad();
  const rows = dy === null ? null : lastAxisNormalization(at, axes, centered, inverse);
  const hat = rows === null || at.grad(2) !== null ? to.emit('Mul', [centered, inverse]) : '';
  const byY = (gradient: string): string => {
    const g = to.emit('Mul', [gradient, at.input(1)]);
    const along = to.emit('Mul', [hat, meanOver(to, to.emit('Mul', [g, hat]), axes)]);
    return to.emit('Mul', [to.emit('Sub', [to.emit('Sub', [g, meanOver(to, g, axes)]), along]), inverse]);
  };
  const [dMean, dInverse] = [at.grad(1), at.grad(2)];
  // Each of the n numbers has an equal share.
  const share = (value: string): string => {
    const count = to.emit('Div', [to.emit('Size', [x]), to.emit('Size', [value])]);
    return to.emit('Div', [castTo(to, value, at.dtype(x)), castTo(to, count, at.dtype(x))]);
  };
  const byMean = (gradient: string): string => to.emit('Expand', [share(gradient), to.emit('Shape', [x])]);
  const byInverse = (gradient: string): string =>
    to.emit('Neg', [to.emit('Mul', [to.emit('Mul', [share(gradient), hat]), to.emit('Mul', [inverse, inverse])])]);
  return [
    at.wants(0)
      ? added(at, [
          dy === null ? null : (rows?.byX() ?? byY(dy)),
          dMean === null ? null : byMean(dMean),
          dInverse === null ? null : byInverse(dInverse),
        ])
      : null,
    at.wants(1) && dy !== null ? (rows?.byScale() ?? sumOutputTo(at, to.emit('Mul', [dy, hat]), 1)) : null,
    at.wants(2) && dy !== null ? sumOutputTo(at, dy, 2) : null,
  ];
};

/** x̂ = x/√(mean x² + ε), y = x̂·scale, g = dy·scale: dx = (g − x̂·mean(g·x̂))/√(mean x² + ε).
 *  Source: Zhang and Sennrich 2019; ONNX RMSNormalization-23. */
const rmsNormalization: Rule = (at) => {
  const { to } = at;
  if (at.grad(1) !== null) at.refuse('has a loss that depends on its deviation');
  const axes = lastAxes(at);
  const deviation = deviationOf(at, at.input(0), axes);
  const hat = to.emit('Div', [at.input(0), deviation]);
  const byX = (): string => {
    const g = to.emit('Mul', [at.dy, at.input(1)]);
    const along = to.emit('Mul', [hat, meanOver(to, to.emit('Mul', [g, hat]), axes)]);
    return to.emit('Div', [to.emit('Sub', [g, along]), deviation]);
  };
  return [at.wants(0) ? byX() : null, at.wants(1) ? sumOutputTo(at, to.emit('Mul', [at.dy, hat]), 1) : null];
};

/** y = x̂·scale + bias per channel with x̂ = (x − mean)/√(var + ε). With fixed statistics they are inputs with gradients of their own;
 *  in training mode they are those of the batch, and the running ones that go out get none.
 *  Shapes: x [N, C, …], the others [C]. Source: Ioffe and Szegedy 2015, §3; ONNX BatchNormalization-15. */
const batchNormalization: Rule = (at) => {
  const { to, node } = at;
  const batch = intOf(node, 'training_mode', 0) !== 0;
  if (at.grad(1) !== null || at.grad(2) !== null) at.refuse('has a loss that depends on its running statistics');
  const x = at.input(0);
  const rank = at.rank(x);
  const column = to.integers([-1, ...Array.from({ length: rank - 2 }, () => 1)]);
  const perChannel = (name: string): string => to.emit('Reshape', [name, column]);
  const axes = [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2)];
  const center = (): string => to.emit('Sub', [x, batch ? meanOver(to, x, axes) : perChannel(at.input(3))]);
  const centered = batch || at.wants(1) || at.wants(4) ? center() : '';
  const fixed = (): string => perChannel(to.emit('Add', [at.input(4), at.scalar(floatOf(node, 'epsilon', 1e-5))]));
  const deviation = batch ? deviationOf(at, centered, axes) : to.emit('Sqrt', [fixed()]);
  const hat = centered === '' ? '' : to.emit('Div', [centered, deviation]);
  const g = to.emit('Div', [to.emit('Mul', [at.dy, perChannel(at.input(1))]), deviation]);
  const byX = (): string => {
    if (!batch) return g;
    const along = to.emit('Mul', [hat, meanOver(to, to.emit('Mul', [g, hat]), axes)]);
    return to.emit('Sub', [to.emit('Sub', [g, meanOver(to, g, axes)]), along]);
  };
  // ∂y/∂var = −scale·x̂/(2·(var + ε)).
  const byVariance = (): string => {
    const each = to.emit('Div', [to.emit('Mul', [g, hat]), to.emit('Mul', [deviation, at.scalar(-2)])]);
    return sumOver(to, each, axes, false);
  };
  return [
    at.wants(0) ? byX() : null,
    at.wants(1) ? sumOver(to, to.emit('Mul', [at.dy, hat]), axes, false) : null,
    at.wants(2) ? sumOver(to, at.dy, axes, false) : null,
    at.wants(3) && !batch ? to.emit('Neg', [sumOver(to, g, axes, false)]) : null,
    at.wants(4) && !batch ? byVariance() : null,
  ];
};

/** Rules of normalizing operators. */
export const normalize: Readonly<Record<string, Rule>> = {
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  SimplifiedLayerNormalization: rmsNormalization,
  BatchNormalization: batchNormalization,
};
