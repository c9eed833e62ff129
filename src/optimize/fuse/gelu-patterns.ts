import { number, oneOf, op, scalar, shape, value } from '../../model/graph/index.ts';
import type { OpPattern, Pattern, Shape } from '../../model/graph/index.ts';

const x = value('x');
const times = (a: Pattern, b: Pattern): OpPattern => op('Mul', [a, b]);
const plus = (a: Pattern, b: Pattern): OpPattern => op('Add', [a, b]);

const halfOf = (inner: Pattern): readonly [OpPattern, OpPattern] => [
  times(inner, number(0.5, 'factor of one half')),
  op('Div', [inner, number(2, 'divisor of one half')]),
];

/** ½ · x · (1 + f), in every order of its factors. */
const halfTimesOnePlus = (f: OpPattern): Pattern & { readonly kind: 'oneOf' } => {
  const sum = plus(f, number(1, 'term beside the function'));
  return oneOf(
    ...halfOf(times(x, sum)),
    times(x, oneOf(...halfOf(sum), plus(oneOf(...halfOf(f)), number(0.5, 'term beside the function')))),
    times(oneOf(...halfOf(x)), sum),
  );
};

const root = Math.SQRT2;
const erf = op('Erf', [oneOf(op('Div', [x, number(root, 'divisor √2')]), times(x, number(1 / root, 'factor 1/√2')))]);

/** x · Φ(x) by the error function. Source: Hendrycks and Gimpel 2016, §2. */
export const erfGelu: Shape = shape('Gelu', halfTimesOnePlus(erf), { near: 4 });

const cubicFactor = number(0.044715, 'factor of the cube');
const scale = number(Math.sqrt(2 / Math.PI), 'factor √(2/π)');
const square = oneOf(times(x, x), op('Pow', [x, number(2, 'exponent')]));
const quadratic = oneOf(times(times(x, cubicFactor), x), times(square, cubicFactor));
const cubic = oneOf(
  times(oneOf(op('Pow', [x, number(3, 'exponent')]), times(times(x, x), x)), cubicFactor),
  times(quadratic, x),
);
const one = number(1, 'term beside the square');
const tanh = op('Tanh', [
  oneOf(
    times(plus(x, cubic), scale),
    times(times(x, scale), plus(quadratic, one)),
    times(times(x, plus(quadratic, one)), scale),
    times(times(plus(quadratic, one), scale), x),
  ),
]);

/** The same by a tanh of a cubic polynomial. Source: Hendrycks and Gimpel 2016, §2; ONNX Gelu with approximate = "tanh". */
export const tanhGelu: Shape = shape('FastGelu', halfTimesOnePlus(tanh), { near: 4 });

/** x · σ(αx). Source: Hendrycks and Gimpel 2016, §2, with α = 1.702. */
export const quickGelu: Shape = shape('QuickGelu', times(x, op('Sigmoid', [times(x, scalar('alpha'))])), { near: 3 });

/** A fused operator fed by an Add of one vector. */
export const biased = (ops: readonly string[]): Shape =>
  shape('BiasGelu', op(ops, [plus(value('x'), value('bias'))], { as: 'gelu' }), { near: 9 });
