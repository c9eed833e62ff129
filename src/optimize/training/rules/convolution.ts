import { intOf, intsOf, stringOf } from '../../../model/graph/index.ts';
import { int, ints } from '../../writing/emit.ts';
import type { Backward, Rule } from '../types.ts';
import { range, windowOf, type Window } from './window.ts';

/** A value cut or filled with zeros to the shape of another, from `begins` places inside of it along the axes of space. */
export const fitTo = (at: Backward, value: string, other: string, begins: readonly number[]): string => {
  const { to } = at;
  const first = to.integers([0, 0, ...begins]);
  const missing = to.emit('Sub', [to.emit('Shape', [other]), to.emit('Shape', [value])]);
  const ends = to.emit('Add', [missing, first]);
  return to.emit('Pad', [value, to.emit('Concat', [to.emit('Neg', [first]), ends], { axis: int(0) })]);
};

/** [N, G·C, …] → [C, G·N, …]: batch and channels exchanged inside of each group. */
const exchange = (at: Backward, value: string, rank: number, group: number): string => {
  const { to } = at;
  const space = range(2, rank);
  if (group === 1) return to.emit('Transpose', [value], { perm: ints([1, 0, ...space]) });
  const shape = to.emit('Shape', [value]);
  const sizes = space.length === 0 ? [] : [to.emit('Slice', [shape, to.integers([2]), to.integers([rank])])];
  const batch = to.emit('Slice', [shape, to.integers([0]), to.integers([1])]);
  const groups = to.emit('Concat', [batch, to.integers([group, -1]), ...sizes], { axis: int(0) });
  const turned = to.emit('Transpose', [to.emit('Reshape', [value, groups])], {
    perm: ints([2, 1, 0, ...space.map((axis) => axis + 1)]),
  });
  // The middle two axes become one.
  const many = to.emit('Mul', [batch, to.integers([group])]);
  const channels = to.emit('Slice', [to.emit('Shape', [turned]), to.integers([0]), to.integers([1])]);
  return to.emit('Reshape', [turned, to.emit('Concat', [channels, many, ...sizes], { axis: int(0) })]);
};

/** Gradient by the weights of Y = X ⋆ W: the convolution of X by dY with the roles of batch and channels, and of strides and
 *  dilations, exchanged. Shapes: X [N, G·C, …], dY [N, M, …], W [M, C, …] (only its shape is used) → [M, C, …]. */
const byWeights = (
  at: Backward,
  x: string,
  dy: string,
  w: string,
  rank: number,
  group: number,
  window: Window,
): string => {
  const { to } = at;
  const space = range(2, rank);
  const swapped = { perm: ints([1, 0, ...space]) };
  const outer = {
    strides: ints(window.dilations),
    dilations: ints(window.strides),
    pads: ints(window.pads),
    group: int(group),
  };
  const sizes = to.emit('Slice', [to.emit('Shape', [w]), to.integers([2]), to.integers([rank])]);
  const starts = to.integers(space.map(() => 0));
  const turned = [exchange(at, x, rank, group), to.emit('Transpose', [dy], swapped)];
  // Inputs that no window reaches give places beyond the kernel.
  const kernel = to.emit('Slice', [to.emit('Conv', turned, outer), starts, sizes, to.integers(space)]);
  return to.emit('Transpose', [kernel], swapped);
};

const overBatchAndSpace = (at: Backward, rank: number): string =>
  at.to.emit('ReduceSum', [at.dy, at.to.integers([0, ...range(2, rank)])], { keepdims: int(0) });

/** Y = X ⋆ W. dX is the transposed convolution of dY, cut or filled to the size of X; dB sums dY over batch and space.
 *  Shapes: X [N, C, …], W [M, C/group, …], dY [N, M, …]. Source: Dumoulin and Visin 2016, §4; ONNX Conv-11. */
const conv: Rule = (at) => {
  const { to, node } = at;
  const [x, w, dy] = [at.input(0), at.input(1), at.dy];
  const rank = at.rank(w);
  const group = intOf(node, 'group', 1);
  const window = windowOf(at, rank - 2, at.dims(w)?.slice(2) ?? null);
  const byX = (): string => {
    const shape = { strides: ints(window.strides), dilations: ints(window.dilations), group: int(group) };
    return fitTo(at, to.emit('ConvTranspose', [dy, w], shape), x, window.pads.slice(0, rank - 2));
  };
  return [
    at.wants(0) ? byX() : null,
    at.wants(1) ? byWeights(at, x, dy, w, rank, group, window) : null,
    at.wants(2) ? overBatchAndSpace(at, rank) : null,
  ];
};

/** The convolution's own gradient read backwards: dX = dY ⋆ W, and dW is that of a convolution from dY's place to X's.
 *  Shapes: X [N, C, …], W [C, M/group, …], dY [N, M, …]. Source: ONNX ConvTranspose-11. */
const convTranspose: Rule = (at) => {
  const { to, node } = at;
  const [x, w, dy] = [at.input(0), at.input(1), at.dy];
  const rank = at.rank(w);
  const group = intOf(node, 'group', 1);
  const auto = stringOf(node, 'auto_pad', 'NOTSET');
  if (node.attributes['output_shape'] !== undefined || auto.startsWith('SAME')) at.refuse('pads by its output shape');
  const window = windowOf(at, rank - 2, null);
  const extra = intsOf(node, 'output_padding', null) ?? [];
  if (extra.some((size, i) => size >= window.strides[i]!)) at.refuse('has output padding beyond its strides');
  const shape = {
    strides: ints(window.strides),
    dilations: ints(window.dilations),
    pads: ints(window.pads),
    group: int(group),
  };
  return [
    at.wants(0) ? to.emit('Conv', [dy, w], shape) : null,
    at.wants(1) ? byWeights(at, dy, x, w, rank, group, window) : null,
    at.wants(2) ? overBatchAndSpace(at, rank) : null,
  ];
};

/** Rules of convolutions. */
export const convolution: Readonly<Record<string, Rule>> = { Conv: conv, ConvTranspose: convTranspose };
