import { int } from '../emit.ts';
import { onnxNumberOf } from '../../../model/tensor/index.ts';
import { stringOf } from '../../../model/graph/index.ts';
import type { Backward, Rule } from '../types.ts';

const emit = (at: Backward, op: string, ...inputs: string[]): string => at.to.emit(op, inputs);
/** A rule from the derivative, written with x, y and constants. */
const derivative =
  (of: (at: Backward, x: string, y: string) => string): Rule =>
  (at) => [emit(at, 'Mul', at.dy, of(at, at.input(0), at.output()))];

const onlyWhere =
  (condition: (at: Backward, x: string) => string): Rule =>
  (at) => [emit(at, 'Where', condition(at, at.input(0)), at.dy, at.scalar(0))];

/** exp(−x²)·factor. */
const bell = (at: Backward, x: string, inside: number, factor: number): string => {
  const power = emit(at, 'Mul', emit(at, 'Mul', x, x), at.scalar(inside));
  return emit(at, 'Mul', emit(at, 'Exp', power), at.scalar(factor));
};

/** Φ(x) + x·φ(x), and for the tanh form its own derivative. Source: ONNX Gelu-20; Hendrycks and Gimpel 2016, §2. */
const gelu: Rule = derivative((at, x) => {
  const c = (value: number): string => at.scalar(value);
  if (stringOf(at.node, 'approximate', 'none') === 'none') {
    const half = emit(at, 'Add', emit(at, 'Erf', emit(at, 'Mul', x, c(Math.SQRT1_2))), c(1));
    const density = bell(at, x, -0.5, 1 / Math.sqrt(2 * Math.PI));
    return emit(at, 'Add', emit(at, 'Mul', half, c(0.5)), emit(at, 'Mul', x, density));
  }
  const k = Math.sqrt(2 / Math.PI);
  const square = emit(at, 'Mul', x, x);
  const inner = emit(at, 'Mul', emit(at, 'Mul', x, c(k)), emit(at, 'Add', emit(at, 'Mul', square, c(0.044715)), c(1)));
  const t = emit(at, 'Tanh', inner);
  const slope = emit(at, 'Add', emit(at, 'Mul', square, c(3 * 0.044715 * k)), c(k));
  const bent = emit(at, 'Mul', emit(at, 'Mul', x, emit(at, 'Sub', c(1), emit(at, 'Mul', t, t))), slope);
  return emit(at, 'Mul', emit(at, 'Add', emit(at, 'Add', t, c(1)), bent), c(0.5));
});

const cast: Rule = (at) => [at.to.emit('Cast', [at.dy], { to: int(onnxNumberOf(at.dtype(at.input(0)))) })];

/** Gradient inside of the bounds, none outside. Bounds are inputs since version 11. */
const clip: Rule = (at) => {
  const [x, low, high] = [at.input(0), at.input(1), at.input(2)];
  const inside: string[] = [];
  if (low !== '') inside.push(emit(at, 'GreaterOrEqual', x, low));
  if (high !== '') inside.push(emit(at, 'LessOrEqual', x, high));
  if (inside.length === 0) return [at.dy];
  const condition = inside.length === 1 ? inside[0]! : emit(at, 'And', inside[0]!, inside[1]!);
  return [emit(at, 'Where', condition, at.dy, at.scalar(0))];
};

/** At inference it passes values on. In training mode, with its own randomness, its mask cannot be seen again. */
const dropout: Rule = (at) => (at.input(2) === '' ? [at.dy] : at.refuse('is in training mode'));

/** Rules of operators with one input that work element by element. */
export const unary: Readonly<Record<string, Rule>> = {
  Identity: (at) => [at.dy],
  Cast: cast,
  Clip: clip,
  Dropout: dropout,
  Gelu: gelu,
  Neg: (at) => [emit(at, 'Neg', at.dy)],
  Abs: derivative((at, x) => emit(at, 'Sign', x)),
  Relu: onlyWhere((at, x) => emit(at, 'Greater', x, at.scalar(0))),
  Exp: derivative((_, __, y) => y),
  Log: (at) => [emit(at, 'Div', at.dy, at.input(0))],
  Sqrt: (at) => [emit(at, 'Div', emit(at, 'Mul', at.dy, at.scalar(0.5)), at.output())],
  Reciprocal: derivative((at, _, y) => emit(at, 'Neg', emit(at, 'Mul', y, y))),
  Tanh: derivative((at, _, y) => emit(at, 'Sub', at.scalar(1), emit(at, 'Mul', y, y))),
  Sigmoid: derivative((at, _, y) => emit(at, 'Mul', y, emit(at, 'Sub', at.scalar(1), y))),
  Softplus: derivative((at, x) => emit(at, 'Sigmoid', x)),
  Erf: derivative((at, x) => bell(at, x, -1, 2 / Math.sqrt(Math.PI))),
  Sin: derivative((at, x) => emit(at, 'Cos', x)),
  Cos: derivative((at, x) => emit(at, 'Neg', emit(at, 'Sin', x))),
};
