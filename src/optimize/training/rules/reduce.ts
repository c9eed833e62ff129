import { intOf, intsOf } from '../../../model/graph/index.ts';
import { castTo, int, reshapeTo } from '../../writing/emit.ts';
import type { Backward, Rule } from '../types.ts';

/** The axes that the node reduces, as names for an axes input; empty: all of them. */
const axesInput = (at: Backward): string[] => {
  const fixed = intsOf(at.node, 'axes', null);
  if (fixed !== null) return fixed.length === 0 ? [] : [at.to.integers(fixed)];
  return at.input(1) === '' || at.integers(1)?.length === 0 ? [] : [at.input(1)];
};

/** Sum over the axes of the node, which stay as 1. */
const sumAsNode = (at: Backward, value: string): string =>
  at.to.emit('ReduceSum', [value, ...axesInput(at)], { keepdims: int(1) });

/** A reduced value with the reduced axes back as 1. Without axes all are reduced, and a scalar broadcasts by itself. */
const restore = (at: Backward, value: string): string => {
  const { to } = at;
  if (intOf(at.node, 'keepdims', 1) !== 0) return value;
  const [axes] = axesInput(at);
  if (axes === undefined) return value;
  if (intsOf(at.node, 'axes', null) !== null || at.integers(1) !== null) return to.emit('Unsqueeze', [value, axes]);
  // Computed axes: the shape that reducing would have left.
  const shape = to.emit('Shape', [at.input(0)]);
  const ones = to.emit('Expand', [to.integers([1]), to.emit('Shape', [axes])]);
  const rank = to.emit('Shape', [shape]);
  const places = to.emit('Where', [to.emit('Less', [axes, to.scalar('int64', 0)]), to.emit('Add', [axes, rank]), axes]);
  return reshapeTo(to, value, to.emit('ScatterElements', [shape, places, ones]));
};

const isNoop = (at: Backward): boolean => intOf(at.node, 'noop_with_empty_axes', 0) !== 0 && axesInput(at).length === 0;

const overInput = (at: Backward, value: string): string =>
  at.to.emit('Expand', [value, at.to.emit('Shape', [at.input(0)])]);

const sum: Rule = (at) => [isNoop(at) ? at.dy : overInput(at, restore(at, at.dy))];

/** Elements of the input for each element of the output, as a scalar of the value's type. */
const countOf = (at: Backward): string => {
  const { to } = at;
  const ratio = to.emit('Div', [to.emit('Size', [at.input(0)]), to.emit('Size', [at.output()])]);
  return castTo(to, ratio, at.dtype(at.output()));
};

const mean: Rule = (at) => {
  if (isNoop(at)) return [at.dy];
  return [overInput(at, at.to.emit('Div', [restore(at, at.dy), countOf(at)]))];
};

/** The gradient goes to the extreme elements; equal ones share it. */
const extreme: Rule = (at) => {
  if (isNoop(at)) return [at.dy];
  const { to } = at;
  const hit = castTo(to, to.emit('Equal', [at.input(0), restore(at, at.output())]), at.dtype(at.output()));
  return [to.emit('Div', [to.emit('Mul', [hit, restore(at, at.dy)]), sumAsNode(at, hit)])];
};

/** A rule from ∂y/∂x, where y has the reduced axes as 1. Without axes the operator still does its work element by element. */
const slope =
  (of: (at: Backward, x: string, y: string) => string): Rule =>
  (at) => {
    const back = (value: string): string => (isNoop(at) ? value : restore(at, value));
    return [at.to.emit('Mul', [of(at, at.input(0), back(at.output())), back(at.dy)])];
  };

/** y = |x|₂: x/y, 0 at y = 0. */
const l2 = slope((at, x, y) => {
  const { to } = at;
  const none = to.emit('Equal', [y, at.scalar(0)]);
  return to.emit('Div', [x, to.emit('Where', [none, at.scalar(1), y])]);
});

/** y = Πx: the product of the others. With one 0 it is the product of the rest at the 0 alone; with more it is 0. */
const product: Rule = (at) => {
  if (isNoop(at)) return [at.dy];
  const { to } = at;
  const x = at.input(0);
  const [zero, one] = [at.scalar(0), at.scalar(1)];
  const isZero = to.emit('Equal', [x, zero]);
  const safe = to.emit('Where', [isZero, one, x]);
  const zeros = sumAsNode(at, castTo(to, isZero, at.dtype(x)));
  const logs = sumAsNode(at, to.emit('Log', [to.emit('Abs', [safe])]));
  const negative = castTo(to, to.emit('Less', [safe, zero]), at.dtype(x));
  const flips = to.emit('Cos', [to.emit('Mul', [sumAsNode(at, negative), at.scalar(Math.PI)])]);
  const rest = to.emit('Mul', [to.emit('Exp', [logs]), to.emit('Round', [flips])]);
  const noZero = to.emit('Equal', [zeros, zero]);
  const ordinary = to.emit('Where', [noZero, to.emit('Div', [rest, safe]), zero]);
  const atZero = to.emit('Where', [to.emit('Equal', [zeros, one]), rest, zero]);
  return [to.emit('Mul', [to.emit('Where', [isZero, atZero, ordinary]), restore(at, at.dy)])];
};

/** Running sums: run the other way. Source: ONNX CumSum-14. */
const cumSum: Rule = (at) => {
  const { to, node } = at;
  const reverse = int(intOf(node, 'reverse', 0) === 0 ? 1 : 0);
  return [to.emit('CumSum', [at.dy, at.input(1)], { reverse, exclusive: int(intOf(node, 'exclusive', 0)) }), null];
};

/** Rules of reductions. */
export const reduce: Readonly<Record<string, Rule>> = {
  ReduceSum: sum,
  ReduceMean: mean,
  ReduceMax: extreme,
  ReduceMin: extreme,
  ReduceProd: product,
  ReduceSumSquare: slope((at, x) => at.to.emit('Mul', [x, at.scalar(2)])),
  ReduceL1: slope((at, x) => at.to.emit('Sign', [x])),
  ReduceL2: l2,
  ReduceLogSum: slope((at, _, y) => overInput(at, at.to.emit('Exp', [at.to.emit('Neg', [y])]))),
  ReduceLogSumExp: slope((at, x, y) => at.to.emit('Exp', [at.to.emit('Sub', [x, y])])),
  CumSum: cumSum,
};
