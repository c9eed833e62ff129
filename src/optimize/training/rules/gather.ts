import { intOf, str } from '../../../model/graph/index.ts';
import { int, zerosLike } from '../emit.ts';
import type { Rule } from '../types.ts';

/** Y = rows of X along an axis: the gradient of a row is the sum over all places that took it.
 *  Shapes: X [A, N, B], indices [I…], dY [A, I…, B] → dX [A, N, B]. `ScatterElements` adds one after another, so the sum has the
 *  same order in every run. Source: ONNX Gather-13, ScatterElements-16. */
const gather: Rule = (at) => {
  const { to, node } = at;
  const x = at.input(0);
  const rank = at.rank(x);
  const axis = ((intOf(node, 'axis', 0) % rank) + rank) % rank;
  const shape = to.emit('Shape', [x]);
  const part = (from: number, end: number): string[] =>
    from < end ? [to.emit('Slice', [shape, to.integers([from]), to.integers([end])])] : [];
  const flat = [...part(0, axis), to.integers([-1]), ...part(axis + 1, rank)];
  const flatShape = flat.length === 1 ? flat[0]! : to.emit('Concat', flat, { axis: int(0) });
  const dy = to.emit('Reshape', [at.dy, flatShape]);
  const line = Array.from({ length: rank }, (_, i) => (i === axis ? -1 : 1));
  const indices = to.emit('Expand', [to.emit('Reshape', [at.input(1), to.integers(line)]), to.emit('Shape', [dy])]);
  const zeros = zerosLike(to, x, at.dtype(x));
  return [to.emit('ScatterElements', [zeros, indices, dy], { axis: int(axis), reduction: str('add') }), null];
};

const gatherElements: Rule = (at) => {
  const { to, node } = at;
  const zeros = zerosLike(to, at.input(0), at.dtype(at.input(0)));
  const attributes = { axis: int(intOf(node, 'axis', 0)), reduction: str('add') };
  return [to.emit('ScatterElements', [zeros, at.input(1), at.dy], attributes), null];
};

/** Rules of operators that look values up. */
export const lookup: Readonly<Record<string, Rule>> = { Gather: gather, GatherElements: gatherElements };
