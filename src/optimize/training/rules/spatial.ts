import { intOf, str, stringOf } from '../../../model/graph/index.ts';
import { castTo, int, ints, reshapeTo } from '../../writing/emit.ts';
import type { Backward, Rule } from '../types.ts';
import { placesAdd, unpick } from './scatter.ts';

/** Constant padding is cut off again; mirrored, repeated or wrapped borders hand their gradients to where they came from.
 *  Source: ONNX Pad-21. */
const pad: Rule = (at) => {
  const { to, node } = at;
  if (at.wants(2)) at.refuse('has a trainable filling');
  const rest = node.inputs.slice(3);
  if (stringOf(node, 'mode', 'constant') === 'constant') {
    const filling = rest.length === 0 ? [] : ['', ...rest];
    return [to.emit('Pad', [at.dy, to.emit('Neg', [at.input(1)]), ...filling])];
  }
  const how = { mode: str(stringOf(node, 'mode', 'constant')) };
  const filling = rest.length === 0 ? [] : ['', ...rest];
  return [unpick(at, (places) => to.emit('Pad', [places, at.input(1), ...filling], how), false)];
};

/** Blocks of depth back to blocks of space, and the other way. Source: ONNX DepthToSpace-13, SpaceToDepth-13. */
const depthToSpace: Rule = (at) => {
  const { to, node } = at;
  const blocksize = int(intOf(node, 'blocksize', 1));
  // SpaceToDepth writes the blocks in front of the channels, as the mode DCR does.
  if (stringOf(node, 'mode', 'DCR') === 'DCR') return [to.emit('SpaceToDepth', [at.dy], { blocksize })];
  return [unpick(at, (places) => moved(at, places), true)];
};

/** The node's own operator on whole numbers, in a type that ONNX Runtime moves exactly. */
const moved = (at: Backward, places: string): string => {
  const inputs = [castTo(at.to, places, 'float64'), ...at.node.inputs.slice(1)];
  return castTo(at.to, at.to.emit(at.node.op, inputs, at.node.attributes), 'int64');
};

const spaceToDepth: Rule = (at) => [
  at.to.emit('DepthToSpace', [at.dy], { blocksize: int(intOf(at.node, 'blocksize', 1)), mode: str('DCR') }),
];

/** Nearest neighbours hand their gradients to the number that they copied. */
const resizeNearest = (at: Backward): string => {
  const { to, node } = at;
  const x = at.input(0);
  const zero = to.scalar('int32', 0);
  const count = to.emit('Range', [zero, castTo(to, to.emit('Size', [x]), 'int32'), to.scalar('int32', 1)]);
  const places = reshapeTo(to, count, to.emit('Shape', [x]));
  const picked = to.emit('Resize', [places, ...node.inputs.slice(1)], node.attributes);
  return placesAdd(at, x, castTo(to, picked, 'int64'), at.dy, false);
};

/** Linear and cubic sizes are matrix products along each axis of space: resizing the identity tells the matrix.
 *  Shapes: X [N, C, …], E [size before, size after] per axis, dX = dY·Eᵀ along it. */
const resizeSmooth = (at: Backward): string => {
  const { to, node } = at;
  const x = at.input(0);
  const rank = at.rank(x);
  const dtype = at.dtype(x);
  const bySizes = at.input(3) !== '';
  if (node.attributes['axes'] !== undefined) at.refuse('resizes some axes only');
  const before = to.emit('Shape', [x]);
  const one = bySizes ? to.integers([1]) : to.emit('Reshape', [to.scalar('float32', 1), to.integers([1])]);
  const at1 = (vector: string, axis: number): string =>
    to.emit('Slice', [vector, to.integers([axis]), to.integers([axis + 1])]);
  let grad = at.dy;
  for (let axis = 2; axis < rank; axis++) {
    const size = at1(before, axis);
    const square = to.emit('ConstantOfShape', [to.emit('Concat', [size, size], { axis: int(0) })]);
    const eye = to.emit('Unsqueeze', [to.emit('EyeLike', [square]), to.integers([0, 1])]);
    const factor = at1(at.input(bySizes ? 3 : 2), axis);
    const wanted = to.emit('Concat', [one, one, bySizes ? size : one, factor], { axis: int(0) });
    const inputs = bySizes ? [eye, '', '', wanted] : [eye, '', wanted];
    const seen = to.emit('Squeeze', [to.emit('Resize', inputs, node.attributes), to.integers([0, 1])]);
    const matrix = castTo(to, to.emit('Transpose', [seen]), dtype);
    const swap = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
    const turn = (value: string): string =>
      axis === rank - 1 ? value : to.emit('Transpose', [value], { perm: ints(swap) });
    grad = turn(to.emit('MatMul', [turn(grad), matrix]));
  }
  return grad;
};

/** Source: ONNX Resize-19. */
const resize: Rule = (at) => {
  if (stringOf(at.node, 'coordinate_transformation_mode', '') === 'tf_crop_and_resize')
    at.refuse('crops while it resizes');
  return [stringOf(at.node, 'mode', 'nearest') === 'nearest' ? resizeNearest(at) : resizeSmooth(at)];
};

/** A triangle of the gradient. Source: ONNX Trilu-14. */
const trilu: Rule = (at) => [at.to.emit('Trilu', [at.dy, ...at.node.inputs.slice(1)], at.node.attributes)];

/** Turning back once more gives the first order. Source: ONNX ReverseSequence-10. */
const reverseSequence: Rule = (at) => [at.to.emit('ReverseSequence', [at.dy, at.input(1)], at.node.attributes), null];

/** Rules of operators that fill, fold and stretch space. */
export const spatial: Readonly<Record<string, Rule>> = {
  Pad: pad,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Resize: resize,
  Trilu: trilu,
  ReverseSequence: reverseSequence,
};
