import { intOf, intsOf } from '../../../model/graph/index.ts';
import { sumOutputTo } from '../broadcast.ts';
import { int, ints, reshapeLike, zerosLike } from '../../writing/emit.ts';
import type { Backward, Rule } from '../types.ts';
import { unpick } from './scatter.ts';

/** The same numbers in another shape: take the shape back. */
const reshape: Rule = (at) => [reshapeLike(at.to, at.dy, at.input(0))];

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

/** Where a slice by steps of 1 begins along each axis; null where that is not known for certain. */
const beginsOf = (at: Backward): readonly number[] | null => {
  const dims = at.dims(at.input(0));
  const [starts, stated, steps] = [at.integers(1), at.integers(3), at.integers(4)];
  if (dims === null || starts === null || (at.input(4) !== '' && !(steps?.every((step) => step === 1) ?? false)))
    return null;
  const axes = at.input(3) === '' ? starts.map((_, i) => i) : stated;
  if (axes === null) return null;
  const begins = dims.map(() => 0);
  for (const [i, start] of starts.entries()) {
    const axis = axes[i]! < 0 ? axes[i]! + dims.length : axes[i]!;
    const size = dims[axis];
    if (start !== 0 && typeof size !== 'number') return null;
    begins[axis] = Math.min(Math.max(start < 0 ? start + Number(size) : start, 0), start === 0 ? 0 : Number(size));
  }
  return begins;
};

/** What was cut away had no part in the result: zeros around the gradient. Where the place of the cut, or its step, is only known at
 *  run time, the numbers of all places are sliced as the values are, and the gradient goes to those. Source: ONNX Slice-13. */
const slice: Rule = (at) => {
  const { to, node } = at;
  const begins = beginsOf(at);
  if (begins === null) return [unpick(at, (places) => to.emit('Slice', [places, ...node.inputs.slice(1)]), true)];
  const missing = to.emit('Sub', [to.emit('Shape', [at.input(0)]), to.emit('Shape', [at.dy])]);
  const first = to.integers(begins);
  const ends = begins.some((one) => one !== 0) ? to.emit('Sub', [missing, first]) : missing;
  return [to.emit('Pad', [at.dy, to.emit('Concat', [first, ends], { axis: int(0) })])];
};

const expand: Rule = (at) => [sumOutputTo(at, at.dy, 0), null];

/** Copies along every axis: [r₁, n₁, r₂, n₂, …], summed over the r. Source: ONNX Tile-13. */
const tile: Rule = (at) => {
  const { to } = at;
  const rank = at.rank(at.input(0));
  if (rank === 0) return [at.dy, null];
  const column = to.integers([-1, 1]);
  const pairs = to.emit(
    'Concat',
    [to.emit('Reshape', [at.input(1), column]), to.emit('Reshape', [to.emit('Shape', [at.input(0)]), column])],
    { axis: int(1) },
  );
  const apart = to.emit('Reshape', [at.dy, to.emit('Reshape', [pairs, to.integers([-1])])]);
  const copies = to.integers(Array.from({ length: rank }, (_, i) => 2 * i));
  return [to.emit('ReduceSum', [apart, copies], { keepdims: int(0) }), null];
};

/** Rules of operators that move numbers around, each to at most one place. */
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
  Tile: tile,
};
