import { readTensorSync } from '../../../model/tensor/index.ts';
import { castTo } from '../../writing/emit.ts';
import type { Backward, Rule } from '../types.ts';
import { bell, derivative } from './activations.ts';

const emit = (at: Backward, op: string, ...inputs: string[]): string => at.to.emit(op, inputs);

/** Back to the type of the input. Source: ONNX Cast-13, CastLike-15. */
const cast: Rule = (at) => [castTo(at.to, at.dy, at.dtype(at.input(0)))];

/** Gradient inside of the bounds, none outside. Bounds are inputs since version 11. */
const clip: Rule = (at) => {
  const [x, low, high] = [at.input(0), at.input(1), at.input(2)];
  if (at.wants(1) || at.wants(2)) at.refuse('has trainable bounds');
  const inside: string[] = [];
  if (low !== '') inside.push(emit(at, 'GreaterOrEqual', x, low));
  if (high !== '') inside.push(emit(at, 'LessOrEqual', x, high));
  if (inside.length === 0) return [at.dy];
  const condition = inside.length === 1 ? inside[0]! : emit(at, 'And', inside[0]!, inside[1]!);
  return [emit(at, 'Where', condition, at.dy, at.scalar(0))];
};

/** At inference it passes values on. In training mode the mask that it gives out says what was kept. Source: ONNX Dropout-13. */
const dropout: Rule = (at) => {
  const mode = at.constant(2);
  if (at.input(2) === '' || (mode !== null && readTensorSync(mode)[0] === 0)) return [at.dy];
  // Nothing is dropped: exporters write models in evaluation mode like this.
  const share = at.constant(1);
  if (share !== null && readTensorSync(share).every((byte) => byte === 0)) return [at.dy];
  const mask = at.output(1);
  if (mode === null || mask === '') at.refuse('is in training mode, and its mask cannot be seen');
  const ratio = at.input(1) === '' ? at.scalar(0.5) : castTo(at.to, at.input(1), at.dtype(at.output()));
  const scaled = emit(at, 'Div', at.dy, emit(at, 'Sub', at.scalar(1), ratio));
  return [emit(at, 'Where', mask, scaled, at.scalar(0))];
};

const square = (at: Backward, x: string): string => emit(at, 'Mul', x, x);
const one = (at: Backward): string => at.scalar(1);
const inverse = (of: (at: Backward, x: string, y: string) => string): Rule =>
  derivative((at, x, y) => emit(at, 'Reciprocal', of(at, x, y)));
const root = (at: Backward, x: string): string => emit(at, 'Sqrt', x);

/** Rules of operators with one input that work element by element. */
export const unary: Readonly<Record<string, Rule>> = {
  Identity: (at) => [at.dy],
  Cast: cast,
  CastLike: cast,
  Clip: clip,
  Dropout: dropout,
  Neg: (at) => [emit(at, 'Neg', at.dy)],
  Abs: derivative((at, x) => emit(at, 'Sign', x)),
  Exp: derivative((_, __, y) => y),
  Log: (at) => [emit(at, 'Div', at.dy, at.input(0))],
  Sqrt: (at) => [emit(at, 'Div', emit(at, 'Mul', at.dy, at.scalar(0.5)), at.output())],
  Reciprocal: derivative((at, _, y) => emit(at, 'Neg', square(at, y))),
  Erf: derivative((at, x) => bell(at, x, -1, 2 / Math.sqrt(Math.PI))),
  Sin: derivative((at, x) => emit(at, 'Cos', x)),
  Cos: derivative((at, x) => emit(at, 'Neg', emit(at, 'Sin', x))),
  Tan: derivative((at, _, y) => emit(at, 'Add', one(at), square(at, y))),
  Sinh: derivative((at, x) => emit(at, 'Cosh', x)),
  Cosh: derivative((at, x) => emit(at, 'Sinh', x)),
  Asin: inverse((at, x) => root(at, emit(at, 'Sub', one(at), square(at, x)))),
  Acos: derivative((at, x) =>
    emit(at, 'Neg', emit(at, 'Reciprocal', root(at, emit(at, 'Sub', one(at), square(at, x))))),
  ),
  Atan: inverse((at, x) => emit(at, 'Add', one(at), square(at, x))),
  Asinh: inverse((at, x) => root(at, emit(at, 'Add', one(at), square(at, x)))),
  Acosh: inverse((at, x) => root(at, emit(at, 'Sub', square(at, x), one(at)))),
  Atanh: inverse((at, x) => emit(at, 'Sub', one(at), square(at, x))),
};
