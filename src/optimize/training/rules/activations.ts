import { floatOf, stringOf } from '../../../model/graph/index.ts';
import { sumOutputTo } from '../broadcast.ts';
import type { Backward, Rule } from '../types.ts';

const emit = (at: Backward, op: string, ...inputs: string[]): string => at.to.emit(op, inputs);

/** A rule from the derivative, written with x, y and constants. */
export const derivative =
  (of: (at: Backward, x: string, y: string) => string): Rule =>
  (at) => [emit(at, 'Mul', at.dy, of(at, at.input(0), at.output()))];

/** exp(inside·x²)·factor. */
export const bell = (at: Backward, x: string, inside: number, factor: number): string => {
  const power = emit(at, 'Mul', emit(at, 'Mul', x, x), at.scalar(inside));
  return emit(at, 'Mul', emit(at, 'Exp', power), at.scalar(factor));
};

const positive = (at: Backward, x: string): string => emit(at, 'Greater', x, at.scalar(0));

/** Gradient where the condition holds, none elsewhere. */
const onlyWhere =
  (condition: (at: Backward, x: string) => string): Rule =>
  (at) => [emit(at, 'Where', condition(at, at.input(0)), at.dy, at.scalar(0))];

/** d/dx of x·Φ(x): Φ(x) + x·φ(x) = (1 + erf u)/2 + u·exp(−ln√π − u²) with u = x/√2: few passes over memory. */
export const geluSlope = (at: Backward, x: string): string => {
  const u = emit(at, 'Mul', x, at.scalar(Math.SQRT1_2));
  const half = emit(at, 'Mul', emit(at, 'Erf', u), at.scalar(0.5));
  const density = emit(at, 'Exp', emit(at, 'Sub', at.scalar(-Math.log(Math.PI) / 2), emit(at, 'Mul', u, u)));
  return emit(at, 'Add', emit(at, 'Add', half, at.scalar(0.5)), emit(at, 'Mul', u, density));
};

/** d/dx of x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2. */
export const tanhGeluSlope = (at: Backward, x: string): string => {
  const c = (value: number): string => at.scalar(value);
  const k = Math.sqrt(2 / Math.PI);
  const square = emit(at, 'Mul', x, x);
  const inner = emit(at, 'Mul', emit(at, 'Mul', x, c(k)), emit(at, 'Add', emit(at, 'Mul', square, c(0.044715)), c(1)));
  const t = emit(at, 'Tanh', inner);
  const slope = emit(at, 'Add', emit(at, 'Mul', square, c(3 * 0.044715 * k)), c(k));
  const bent = emit(at, 'Mul', emit(at, 'Mul', x, emit(at, 'Sub', c(1), emit(at, 'Mul', t, t))), slope);
  return emit(at, 'Mul', emit(at, 'Add', emit(at, 'Add', t, c(1)), bent), c(0.5));
};

/** d/dx of x·σ(αx): σ·(1 + αx·(1 − σ)). */
export const swishSlope = (at: Backward, x: string, alpha: number): string => {
  const scaled = alpha === 1 ? x : emit(at, 'Mul', x, at.scalar(alpha));
  const s = emit(at, 'Sigmoid', scaled);
  const rest = emit(at, 'Mul', scaled, emit(at, 'Sub', at.scalar(1), s));
  return emit(at, 'Mul', s, emit(at, 'Add', at.scalar(1), rest));
};

/** Source: ONNX Gelu-20; Hendrycks and Gimpel 2016, §2. */
const gelu: Rule = derivative((at, x) =>
  stringOf(at.node, 'approximate', 'none') === 'none' ? geluSlope(at, x) : tanhGeluSlope(at, x),
);

/** 1 for positive x, else what `below` says of x and y. */
const bent = (below: (at: Backward, x: string, y: string) => string, above = 1): Rule =>
  derivative((at, x, y) => emit(at, 'Where', positive(at, x), at.scalar(above), below(at, x, y)));

const alphaOf = (at: Backward, fallback: number): number => floatOf(at.node, 'alpha', fallback);

/** y = α(eˣ − 1) below 0: slope y + α. */
const elu: Rule = bent((at, _, y) => emit(at, 'Add', y, at.scalar(alphaOf(at, 1))));

/** y = α(e^(x/α) − 1) below 0: slope y/α + 1. Source: ONNX Celu-12. */
const celu: Rule = bent((at, _, y) => emit(at, 'Add', emit(at, 'Mul', y, at.scalar(1 / alphaOf(at, 1))), at.scalar(1)));

/** γ·x above 0, γα(eˣ − 1) below. Source: ONNX Selu-6. */
const selu: Rule = (at) => {
  const gamma = floatOf(at.node, 'gamma', 1.0507010221481323);
  const alpha = alphaOf(at, 1.6732631921768188);
  return bent((one, _, y) => emit(one, 'Add', y, one.scalar(gamma * alpha)), gamma)(at);
};

const leakyRelu: Rule = bent((at) => at.scalar(alphaOf(at, 0.01)));

/** A slope of its own for each channel or number. Source: ONNX PRelu-16. */
const pRelu: Rule = (at) => {
  const { to } = at;
  const [x, slope] = [at.input(0), at.input(1)];
  const above = positive(at, x);
  return [
    at.wants(0) ? to.emit('Where', [above, at.dy, to.emit('Mul', [at.dy, slope])]) : null,
    at.wants(1) ? sumOutputTo(at, to.emit('Where', [above, at.scalar(0), to.emit('Mul', [at.dy, x])]), 1) : null,
  ];
};

/** Strictly between two bounds. */
const between = (at: Backward, x: string, low: number, high: number): string =>
  emit(at, 'And', emit(at, 'Greater', x, at.scalar(low)), emit(at, 'Less', x, at.scalar(high)));

/** max(0, min(1, αx + β)). */
const hardSigmoid: Rule = derivative((at, _, y) =>
  emit(at, 'Where', between(at, y, 0, 1), at.scalar(alphaOf(at, 0.2)), at.scalar(0)),
);

/** x·max(0, min(1, x/6 + 1/2)): slope x/3 + 1/2 between −3 and 3. Source: ONNX HardSwish-14. */
const hardSwish: Rule = derivative((at, x) => {
  const inside = emit(at, 'Add', emit(at, 'Mul', x, at.scalar(1 / 3)), at.scalar(0.5));
  const outside = emit(at, 'Where', positive(at, x), at.scalar(1), at.scalar(0));
  return emit(at, 'Where', between(at, x, -3, 3), inside, outside);
});

/** x·tanh(softplus x): t + x·(1 − t²)·σ(x). Source: ONNX Mish-18. */
const mish: Rule = derivative((at, x) => {
  const t = emit(at, 'Tanh', emit(at, 'Softplus', x));
  const sech = emit(at, 'Sub', at.scalar(1), emit(at, 'Mul', t, t));
  return emit(at, 'Add', t, emit(at, 'Mul', emit(at, 'Mul', x, emit(at, 'Sigmoid', x)), sech));
});

/** x/(1 + |x|): (1 + |x|)⁻². */
const softsign: Rule = derivative((at, x) => {
  const bottom = emit(at, 'Add', emit(at, 'Abs', x), at.scalar(1));
  return emit(at, 'Reciprocal', emit(at, 'Mul', bottom, bottom));
});

/** x shrunk by its bias beyond ±λ, 0 between. Source: ONNX Shrink-9. */
const shrink: Rule = onlyWhere((at, x) =>
  emit(at, 'Greater', emit(at, 'Abs', x), at.scalar(floatOf(at.node, 'lambd', 0.5))),
);

/** Rules of activation functions. */
export const activations: Readonly<Record<string, Rule>> = {
  Relu: onlyWhere(positive),
  Gelu: gelu,
  Elu: elu,
  Celu: celu,
  Selu: selu,
  LeakyRelu: leakyRelu,
  PRelu: pRelu,
  HardSigmoid: hardSigmoid,
  HardSwish: hardSwish,
  Swish: derivative((at, x) => swishSlope(at, x, alphaOf(at, 1))),
  Mish: mish,
  Softplus: derivative((at, x) => emit(at, 'Sigmoid', x)),
  Softsign: softsign,
  Shrink: shrink,
  ThresholdedRelu: onlyWhere((at, x) => emit(at, 'Greater', x, at.scalar(alphaOf(at, 1)))),
  Tanh: derivative((at, _, y) => emit(at, 'Sub', at.scalar(1), emit(at, 'Mul', y, y))),
  Sigmoid: derivative((at, _, y) => emit(at, 'Mul', y, emit(at, 'Sub', at.scalar(1), y))),
};
