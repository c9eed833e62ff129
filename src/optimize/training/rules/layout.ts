import { intOf, intsOf } from '../../../model/graph/index.ts';
import { sumOutputTo } from '../broadcast.ts';
import { int, ints, zerosLike } from '../emit.ts';
import type { Backward, Rule } from '../types.ts';

const likeInput = (at: Backward, grad: string): string =>
  at.to.emit('Reshape', [grad, at.to.emit('Shape', [at.input(0)])], { allowzero: int(1) });

/** The same numbers in another shape: take the shape back. */
const reshape: Rule = (at) => [likeInput(at, at.dy)];

const transpose: Rule = (at) => {
  const perm = intsOf(at.node, 'perm', null);
  if (perm === null) return [at.to.emit('Transpose', [at.dy])];
  const inverse = perm.map((_, i) => perm.indexOf(i));
  return [at.to.emit('Transpose', [at.dy], { perm: ints(inverse) })];
};

/** Size of a value along an axis, as an int64 vector of one. */
const sizeAlong = (at: Backward, value: string, axis: number): string => {
  const dim = at.dims(value)?.at(axis);
  return typeof dim === 'number'
    ? at.to.integers([dim])
    : at.to.emit('Gather', [at.to.emit('Shape', [value]), at.to.integers([axis])], { axis: int(0) });
};

const concat: Rule = (at) => {
  const { to, node } = at;
  const axis = intOf(node, 'axis', 0);
  if (node.inputs.length === 1) return [at.dy];
  const sizes = to.emit(
    'Concat',
    node.inputs.map((input) => sizeAlong(at, input, axis)),
    { axis: int(0) },
  );
  const parts = to.emitAll('Split', [at.dy, sizes], node.inputs.length, { axis: int(axis) });
  return node.inputs.map((_, i) => (at.wants(i) ? parts[i]! : null));
};

const split: Rule = (at) => {
  const { to, node } = at;
  const parts = node.outputs.map((output, i) =>
    output === '' ? at.refuse('has an omitted output') : (at.grad(i) ?? zerosLike(to, output, at.dtype(output))),
  );
  return [to.emit('Concat', parts, { axis: int(intOf(node, 'axis', 0)) })];
};

/** Number every element of the input, slice the numbers as the node slices the values, and write the gradient to those places.
 *  Works for any start, end and step, known or computed. Source: ONNX Slice-13. */
const slice: Rule = (at) => {
  const { to, node } = at;
  const shape = to.emit('Shape', [at.input(0)]);
  const size = to.emit('ReduceProd', [shape], { keepdims: int(0) });
  const counted = to.emit('Range', [to.scalar('int64', 0), size, to.scalar('int64', 1)]);
  const places = to.emit('Slice', [to.emit('Reshape', [counted, shape]), ...node.inputs.slice(1)]);
  const flat = to.integers([-1]);
  const zeros = to.emit('Reshape', [zerosLike(to, at.input(0), at.dtype(at.input(0))), flat]);
  const inputs = [zeros, to.emit('Reshape', [places, flat]), to.emit('Reshape', [at.dy, flat])];
  return [likeInput(at, to.emit('ScatterElements', inputs, { axis: int(0) }))];
};

const expand: Rule = (at) => [sumOutputTo(at, at.dy, 0)];

/** Rules of operators that move numbers around. */
export const layout: Readonly<Record<string, Rule>> = {
  Reshape: reshape,
  Flatten: reshape,
  Squeeze: reshape,
  Unsqueeze: reshape,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Expand: expand,
};
