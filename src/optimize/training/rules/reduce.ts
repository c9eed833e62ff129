import { onnxNumberOf } from '../../../model/tensor/index.ts';
import { intOf, intsOf } from '../../../model/graph/index.ts';
import { int } from '../emit.ts';
import type { Backward, Rule } from '../types.ts';

/** A reduced value with the reduced axes back as 1. Without axes all are reduced, and a scalar broadcasts by itself. */
const restore = (at: Backward, value: string): string => {
  const { to, node } = at;
  if (intOf(node, 'keepdims', 1) !== 0) return value;
  const fixed = intsOf(node, 'axes', null);
  const axes = fixed !== null ? to.integers(fixed) : at.input(1);
  if (axes === '' || fixed?.length === 0) return value;
  const known = at.integers(1);
  if (fixed === null && known?.length === 0) return value;
  if (fixed === null && known === null) at.refuse('has computed axes and drops them');
  return to.emit('Unsqueeze', [value, axes]);
};

const isNoop = (at: Backward): boolean =>
  intOf(at.node, 'noop_with_empty_axes', 0) !== 0 && (at.input(1) === '' || at.integers(1)?.length === 0);

const overInput = (at: Backward, value: string): string =>
  at.to.emit('Expand', [value, at.to.emit('Shape', [at.input(0)])]);

const sum: Rule = (at) => [isNoop(at) ? at.dy : overInput(at, restore(at, at.dy))];

/** Elements of the input for each element of the output, as a scalar of the value's type. */
const countOf = (at: Backward): string => {
  const { to } = at;
  const ratio = to.emit('Div', [to.emit('Size', [at.input(0)]), to.emit('Size', [at.output()])]);
  return to.emit('Cast', [ratio], { to: int(onnxNumberOf(at.dtype(at.output()))) });
};

const mean: Rule = (at) => {
  if (isNoop(at)) return [at.dy];
  return [overInput(at, at.to.emit('Div', [restore(at, at.dy), countOf(at)]))];
};

/** The gradient goes to the extreme elements; equal ones share it. */
const extreme: Rule = (at) => {
  if (isNoop(at)) return [at.dy];
  const { to } = at;
  const hit = to.emit('Cast', [to.emit('Equal', [at.input(0), restore(at, at.output())])], {
    to: int(onnxNumberOf(at.dtype(at.output()))),
  });
  const again = { ...at.node, op: 'ReduceSum' };
  const fixed = intsOf(at.node, 'axes', null);
  const axes = fixed !== null ? [to.integers(fixed)] : again.inputs.slice(1);
  const hits = to.emit('ReduceSum', [hit, ...axes], { keepdims: int(1) });
  const share = restore(at, at.dy);
  return [to.emit('Div', [to.emit('Mul', [hit, share]), hits])];
};

const sumSquare: Rule = (at) => {
  const { to } = at;
  const grad = isNoop(at) ? at.dy : restore(at, at.dy);
  return [to.emit('Mul', [to.emit('Mul', [at.input(0), at.scalar(2)]), grad])];
};

/** Rules of reductions. */
export const reduce: Readonly<Record<string, Rule>> = {
  ReduceSum: sum,
  ReduceMean: mean,
  ReduceMax: extreme,
  ReduceMin: extreme,
  ReduceSumSquare: sumSquare,
};
