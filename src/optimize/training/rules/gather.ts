import type { Attribute } from '../../../contracts/index.ts';
import { intOf, stringOf } from '../../../model/graph/index.ts';
import { int, zerosLike } from '../../writing/emit.ts';
import type { Backward, Rule } from '../types.ts';
import { scatterAdd, scatterRows, unpick } from './scatter.ts';

const axisAt = (at: Backward, value: string): number => {
  const axis = intOf(at.node, 'axis', 0);
  return axis < 0 ? axis + at.rank(value) : axis;
};

/** Y = rows of X along an axis: the gradient of a row is the sum over all places that took it. One row that is always the same: zeros around it.
 *  Shapes: X [A, N, B], indices [I…], dY [A, I…, B] → dX [A, N, B]. Source: ONNX Gather-13. */
const gather: Rule = (at) => {
  const { to } = at;
  const x = at.input(0);
  const axis = axisAt(at, x);
  const [index, ...more] = at.integers(1) ?? [];
  const indexRank = at.dims(at.input(1))?.length ?? 2;
  if (index === undefined || more.length > 0 || indexRank > 1)
    return [scatterRows(at, x, at.input(1), at.dy, axis), null];
  const row = indexRank === 0 ? to.emit('Unsqueeze', [at.dy, to.integers([axis])]) : at.dy;
  const missing = to.emit('Sub', [to.emit('Shape', [x]), to.emit('Shape', [row])]);
  const known = to.integers(
    Array.from({ length: at.rank(x) }, (_, i) => (i === axis ? (index < 0 ? -1 - index : index) : 0)),
  );
  const rest = to.emit('Sub', [missing, known]);
  const pads = to.emit('Concat', index < 0 ? [rest, known] : [known, rest], { axis: int(0) });
  return [to.emit('Pad', [row, pads]), null];
};

const gatherElements: Rule = (at) => [scatterAdd(at, at.input(0), at.input(1), at.dy, axisAt(at, at.input(0))), null];

/** The places of X's numbers are gathered as X is. Source: ONNX GatherND-13. */
const gatherNd: Rule = (at) => [
  unpick(at, (places) => at.to.emit('GatherND', [places, at.input(1)], at.node.attributes), false),
  null,
];

const reductionOf = (at: Backward): string => {
  const reduction = stringOf(at.node, 'reduction', 'none');
  return reduction === 'none' || reduction === 'add' ? reduction : at.refuse(`reduces by "${reduction}"`);
};

/** What was written over keeps no gradient; what was written or added gets the gradient of its place.
 *  Source: ONNX ScatterElements-18, ScatterND-18. */
const scatter =
  (read: 'GatherElements' | 'GatherND'): Rule =>
  (at) => {
    const { to, node } = at;
    const [indices, updates] = [at.input(1), at.input(2)];
    const attributes: Record<string, Attribute> =
      read === 'GatherElements' ? { axis: int(intOf(node, 'axis', 0)) } : {};
    const over = (): string =>
      to.emit(node.op, [at.dy, indices, zerosLike(to, updates, at.dtype(updates))], attributes);
    return [
      at.wants(0) ? (reductionOf(at) === 'add' ? at.dy : over()) : null,
      null,
      at.wants(2) ? (reductionOf(at), to.emit(read, [at.dy, indices], attributes)) : null,
    ];
  };

/** The largest numbers hand their gradients back to their places. Source: ONNX TopK-11. */
const topK: Rule = (at) => {
  const { to, node } = at;
  const x = at.input(0);
  const axis = int(intOf(node, 'axis', -1));
  const zeros = zerosLike(to, x, at.dtype(x));
  return [to.emit('ScatterElements', [zeros, at.output(1), at.dy], { axis }), null];
};

/** The places of X's numbers are kept as X's numbers are. */
const compress: Rule = (at) => [
  unpick(at, (places) => at.to.emit('Compress', [places, at.input(1)], at.node.attributes), true),
  null,
];

/** Both values get the sum over the places that they were written to. Shapes: values [off, on]. Source: ONNX OneHot-11. */
const oneHot: Rule = (at) => {
  const { to, node } = at;
  const dtype = at.dtype(at.input(2));
  const line = (...parts: string[]): string => to.emit('Concat', parts, { axis: int(0) });
  const vector = (value: string): string => to.emit('Reshape', [value, to.integers([1])]);
  const ends = line(vector(to.scalar(dtype, 0)), vector(to.scalar(dtype, 1)));
  const hot = to.emit('OneHot', [at.input(0), at.input(1), ends], { axis: int(intOf(node, 'axis', -1)) });
  const on = to.emit('ReduceSum', [to.emit('Mul', [at.dy, hot])], { keepdims: int(0) });
  const whole = to.emit('ReduceSum', [at.dy], { keepdims: int(0) });
  return [null, null, line(vector(to.emit('Sub', [whole, on])), vector(on))];
};

/** Rules of operators that look values up or write them to places. */
export const lookup: Readonly<Record<string, Rule>> = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  ScatterElements: scatter('GatherElements'),
  ScatterND: scatter('GatherND'),
  TopK: topK,
  Compress: compress,
  OneHot: oneHot,
};
