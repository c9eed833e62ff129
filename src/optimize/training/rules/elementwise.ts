import { int } from '../../writing/emit.ts';
import type { Tensor } from '../../../contracts/index.ts';
import { onnxNumberOf, readTensorSync, toFloat32 } from '../../../model/tensor/index.ts';
import { sumOutputTo } from '../broadcast.ts';
import type { Backward, Rule } from '../types.ts';
import { erfGelu } from './erf-gelu.ts';

const both = (at: Backward, left: () => string, right: () => string): (string | null)[] => [
  at.wants(0) ? sumOutputTo(at, left(), 0) : null,
  at.wants(1) ? sumOutputTo(at, right(), 1) : null,
];

const add: Rule = (at) =>
  both(
    at,
    () => at.dy,
    () => at.dy,
  );

const sub: Rule = (at) =>
  both(
    at,
    () => at.dy,
    () => at.to.emit('Neg', [at.dy]),
  );

const mul: Rule = (at) =>
  erfGelu(at) ??
  both(
    at,
    () => at.to.emit('Mul', [at.dy, at.input(1)]),
    () => at.to.emit('Mul', [at.dy, at.input(0)]),
  );

/** y = a / b: ∂y/∂a = 1/b, ∂y/∂b = −y/b. */
const div: Rule = (at) =>
  both(
    at,
    () => at.to.emit('Div', [at.dy, at.input(1)]),
    () => at.to.emit('Neg', [at.to.emit('Div', [at.to.emit('Mul', [at.dy, at.output()]), at.input(1)])]),
  );

const hasZero = (value: Tensor): boolean =>
  value.dtype === 'string' || toFloat32(value.dtype, readTensorSync(value)).includes(0);

/** y = aᵇ: ∂y/∂a = b·aᵇ⁻¹, 0 where b = 0; ∂y/∂b = y·ln a, 0 where a ≤ 0. The exponent may be of another type. */
const pow: Rule = (at) => {
  const { to } = at;
  const [a, b] = [at.input(0), at.input(1)];
  const dtype = at.dtype(at.output());
  const exponent = at.dtype(b) === dtype ? b : to.emit('Cast', [b], { to: int(onnxNumberOf(dtype)) });
  return both(
    at,
    () => {
      const lower = to.emit('Pow', [a, to.emit('Sub', [exponent, at.scalar(1)])]);
      const slope = to.emit('Mul', [exponent, lower]);
      if (at.constant(1) !== null && !hasZero(at.constant(1)!)) return to.emit('Mul', [at.dy, slope]);
      const level = to.emit('Equal', [exponent, at.scalar(0)]);
      return to.emit('Mul', [at.dy, to.emit('Where', [level, at.scalar(0), slope])]);
    },
    () => {
      const positive = to.emit('Greater', [a, at.scalar(0)]);
      const log = to.emit('Log', [to.emit('Where', [positive, a, at.scalar(1)])]);
      return to.emit('Mul', [at.dy, to.emit('Mul', [at.output(), log])]);
    },
  );
};

/** Every input gets the whole gradient, summed over its repeated axes. */
const sum: Rule = (at) => at.node.inputs.map((_, i) => (at.wants(i) ? sumOutputTo(at, at.dy, i) : null));

/** Every input gets its share of the gradient. */
const mean: Rule = (at) => {
  const share = at.to.emit('Mul', [at.dy, at.scalar(1 / at.node.inputs.length)]);
  return at.node.inputs.map((_, i) => (at.wants(i) ? sumOutputTo(at, share, i) : null));
};

/** The condition has no gradient; each branch gets the gradient where it was taken. */
const where: Rule = (at) => [
  null,
  at.wants(1) ? sumOutputTo(at, at.to.emit('Where', [at.input(0), at.dy, at.scalar(0)]), 1) : null,
  at.wants(2) ? sumOutputTo(at, at.to.emit('Where', [at.input(0), at.scalar(0), at.dy]), 2) : null,
];

/** Max and Min: the gradient goes to the inputs that equal the output; equal ones share it. */
const extreme: Rule = (at) => {
  const { to, node } = at;
  const dtype = at.dtype(at.output());
  const hits = node.inputs.map((input) =>
    to.emit('Cast', [to.emit('Equal', [input, at.output()])], { to: int(onnxNumberOf(dtype)) }),
  );
  const share = to.emit('Div', [at.dy, to.emit('Sum', hits)]);
  return node.inputs.map((_, i) => (at.wants(i) ? sumOutputTo(at, to.emit('Mul', [share, hits[i]!]), i) : null));
};

/** Rules of operators that work element by element on broadcast inputs. */
export const elementwise: Readonly<Record<string, Rule>> = {
  Add: add,
  Sub: sub,
  Mul: mul,
  Div: div,
  Pow: pow,
  Sum: sum,
  Mean: mean,
  Max: extreme,
  Min: extreme,
  Where: where,
};
