import type { Attribute } from '../../../contracts/index.ts';
import { str } from '../../../model/graph/index.ts';
import { castTo, int, ints, reshapeLike, reshapeTo, zerosLike } from '../../writing/emit.ts';
import type { Backward } from '../types.ts';

/** From this version on ScatterElements can add. */
const addsFrom = 16;
const flat = -1;

/** 1 where a place along the last, new axis is the index, else 0. Indices count from the end where negative.
 *  Shapes: indices […], size int64 scalar → […, size]. */
const oneHot = (at: Backward, indices: string, size: string, dtype: Parameters<typeof castTo>[2]): string => {
  const { to } = at;
  const wide = castTo(to, indices, 'int64');
  const zero = to.scalar('int64', 0);
  const fromStart = to.emit('Where', [to.emit('Less', [wide, zero]), to.emit('Add', [wide, size]), wide]);
  const column = to.emit('Unsqueeze', [fromStart, to.integers([-1])]);
  const all = to.emit('Range', [zero, size, to.scalar('int64', 1)]);
  return castTo(to, to.emit('Equal', [column, all]), dtype);
};

const sizeOf = (at: Backward, value: string, axis: number): string =>
  at.to.emit('Gather', [at.to.emit('Shape', [value]), at.to.scalar('int64', axis)], { axis: int(0) });

/** Zeros of a value's shape, with updates added at their places along an axis; a place may come more than once.
 *  `ScatterElements` adds one after another, so the sum has the same order in every run. Before operator set 16 it cannot add: then
 *  a product with a matrix of ones and zeros does, which costs (places × size) numbers.
 *  Shapes: like [A, N, B], indices and updates [A′ ≤ A, I, B′ ≤ B] → [A, N, B]. Source: ONNX ScatterElements-16. */
export const scatterAdd = (at: Backward, like: string, indices: string, updates: string, axis: number): string => {
  const { to } = at;
  const dtype = at.dtype(like);
  if (to.opset >= addsFrom)
    return to.emit('ScatterElements', [zerosLike(to, like, dtype), indices, updates], {
      axis: int(axis),
      reduction: str('add'),
    });
  const rank = at.rank(like);
  const place = axis < 0 ? axis + rank : axis;
  const hot = oneHot(at, indices, sizeOf(at, like, place), dtype);
  const spread = to.emit('Mul', [hot, to.emit('Unsqueeze', [updates, to.integers([-1])])]);
  const summed = to.emit('ReduceSum', [spread, to.integers([place])], { keepdims: int(0) });
  const order = Array.from({ length: rank }, (_, i) => (i < place ? i : i === place ? rank - 1 : i - 1));
  const turned = to.emit('Transpose', [summed], { perm: ints(order) });
  const more = to.emit('Sub', [to.emit('Shape', [like]), to.emit('Shape', [turned])]);
  const none = to.integers(order.map(() => 0));
  return to.emit('Pad', [turned, to.emit('Concat', [none, more], { axis: int(0) })]);
};

/** `scatterAdd` of whole rows. Along the first axis `ScatterND` adds a row at a time, with the same sums as `ScatterElements`, which looks
 *  every number's place up. Shapes: like [A, N, B], indices [I…] (any rank), updates [A, I…, B] → [A, N, B]. Source: ONNX ScatterND-16. */
export const scatterRows = (at: Backward, like: string, indices: string, updates: string, axis: number): string => {
  const { to } = at;
  const rank = at.rank(like);
  const shape = to.emit('Shape', [like]);
  const part = (from: number, end: number): string[] =>
    from < end ? [to.emit('Slice', [shape, to.integers([from]), to.integers([end])])] : [];
  const whole = [...part(0, axis), to.integers([flat]), ...part(axis + 1, rank)];
  const rows = to.emit('Reshape', [
    updates,
    whole.length === 1 ? whole[0]! : to.emit('Concat', whole, { axis: int(0) }),
  ]);
  if (to.opset >= addsFrom && axis === 0) {
    const wide = castTo(to, indices, 'int64');
    const places = to.emit('Reshape', [wide, to.integers([flat, 1])]);
    return to.emit('ScatterND', [zerosLike(to, like, at.dtype(like)), places, rows], { reduction: str('add') });
  }
  if (to.opset >= addsFrom) {
    const line = Array.from({ length: rank }, (_, i) => (i === axis ? flat : 1));
    const each = to.emit('Expand', [to.emit('Reshape', [indices, to.integers(line)]), to.emit('Shape', [rows])]);
    return scatterAdd(at, like, each, rows, axis);
  }
  const dtype = at.dtype(like);
  const hot = oneHot(at, to.emit('Reshape', [indices, to.integers([flat])]), sizeOf(at, like, axis), dtype);
  const front = [axis, ...Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis)];
  const back = front.map((_, i) => front.indexOf(i));
  const lines = to.emit('Flatten', [to.emit('Transpose', [rows], { perm: ints(front) })], { axis: int(1) });
  const sums = to.emit('MatMul', [to.emit('Transpose', [hot]), lines]);
  const unfolded = reshapeTo(to, sums, to.emit('Gather', [shape, to.integers(front)], { axis: int(0) }));
  return to.emit('Transpose', [unfolded], { perm: ints(back) });
};

/** Write the gradient of picked numbers back to the places that they were picked from. `pick` does to the numbers of all places what
 *  the node does to its input. Shapes: x any, dy as the node's output → as x. `once`: no place is picked twice. */
export const unpick = (at: Backward, pick: (places: string) => string, once: boolean): string => {
  const { to } = at;
  const x = at.input(0);
  const shape = to.emit('Shape', [x]);
  const zero = to.scalar('int64', 0);
  const count = to.emit('Range', [zero, to.emit('Size', [x]), to.scalar('int64', 1)]);
  return placesAdd(at, x, pick(reshapeTo(to, count, shape)), at.dy, once);
};

/** Zeros of a value's shape, with updates added at places counted over all of it, row by row.
 *  Shapes: like any, places and updates alike → as like. `once`: no place comes twice. */
export const placesAdd = (at: Backward, like: string, places: string, updates: string, once: boolean): string => {
  const { to } = at;
  const line = to.integers([flat]);
  const dtype = at.dtype(like);
  const [indices, values] = [to.emit('Reshape', [places, line]), to.emit('Reshape', [updates, line])];
  if (once || to.opset >= addsFrom) {
    const zeros = to.emit('Reshape', [zerosLike(to, like, dtype), line]);
    const how: Record<string, Attribute> = once ? {} : { reduction: str('add') };
    return reshapeLike(to, to.emit('ScatterElements', [zeros, indices, values], { axis: int(0), ...how }), like);
  }
  const hot = oneHot(at, indices, to.emit('Size', [like]), dtype);
  return reshapeLike(to, to.emit('MatMul', [values, hot]), like);
};
