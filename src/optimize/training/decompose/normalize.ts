import { floatOf, intOf, intsOf } from '../../../model/graph/index.ts';
import { castTo, float, int, ints, meanOver, reshapeLike } from '../../writing/emit.ts';
import type { Decomposition, Place } from './types.ts';

/** x̂ = (x − mean)/√(var + ε) over axes. */
const standardized = (at: Place, x: string, axes: readonly number[], epsilon: number): string => {
  const { to } = at;
  const centered = to.emit('Sub', [x, meanOver(to, x, axes)]);
  const variance = meanOver(to, to.emit('Mul', [centered, centered]), axes);
  const deviation = to.emit('Sqrt', [to.emit('Add', [variance, at.scalar(epsilon)])]);
  return to.emit('Div', [centered, deviation]);
};

/** LayerNormalization over the last axis, in operators that the operator set has. */
const layerNorm = (at: Place, x: string, gamma: string, beta: string, epsilon: number): string => {
  const { to } = at;
  if (to.opset >= 17) {
    const inputs = beta === '' ? [x, gamma] : [x, gamma, beta];
    return to.emit('LayerNormalization', inputs, { axis: int(-1), epsilon: float(epsilon) });
  }
  const scaled = to.emit('Mul', [standardized(at, x, [-1], epsilon), gamma]);
  return beta === '' ? scaled : to.emit('Add', [scaled, beta]);
};

const added = (at: Place, ...parts: string[]): string =>
  parts.filter((part) => part !== '').reduce((a, b) => at.to.emit('Add', [a, b]));

/** LN(input + skip + bias). The sum is an output too. Source: ONNX Runtime, SkipLayerNormalization. */
export const skipLayerNormalization: Decomposition = (at) => {
  const sum = added(at, at.input(0), at.input(1), at.input(4));
  const result = layerNorm(at, sum, at.input(2), at.input(3), floatOf(at.node, 'epsilon', 1e-12));
  return [result, '', '', sum];
};

/** The same by the root of the mean square. Source: ONNX Runtime, SkipSimplifiedLayerNormalization. */
export const skipSimplifiedLayerNormalization: Decomposition = (at) => {
  const { to } = at;
  const sum = added(at, at.input(0), at.input(1), at.input(3));
  const squares = meanOver(to, to.emit('Mul', [sum, sum]), [-1]);
  const root = to.emit('Sqrt', [to.emit('Add', [squares, at.scalar(floatOf(at.node, 'epsilon', 1e-12))])]);
  return [to.emit('Mul', [to.emit('Div', [sum, root]), at.input(2)]), '', '', sum];
};

/** Word, position and segment rows, summed and normalized. The mask's sums are the lengths. Shapes: ids int32 [batch, rows].
 *  Source: ONNX Runtime, EmbedLayerNormalization. */
export const embedLayerNormalization: Decomposition = (at) => {
  const { to, node } = at;
  const [ids, segments, words, positions, kinds] = [0, 1, 2, 3, 4].map((i) => at.input(i)) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const rows = (table: string, places: string): string => to.emit('Gather', [table, places], { axis: int(0) });
  const count = to.emit('Slice', [to.emit('Shape', [ids]), to.integers([1]), to.integers([2])]);
  const places =
    at.input(8) === ''
      ? to.emit('Slice', [positions, to.integers([0]), count, to.integers([0])])
      : rows(positions, at.input(8));
  const sum = added(at, rows(words, ids), places, segments === '' || kinds === '' ? '' : rows(kinds, segments));
  const result = layerNorm(at, sum, at.input(5), at.input(6), floatOf(node, 'epsilon', 1e-12));
  const lengths = (): string => {
    const mask = at.input(7);
    if (mask !== '') return castTo(to, to.emit('ReduceSum', [mask, to.integers([1])], { keepdims: int(0) }), 'int32');
    const batch = to.emit('Slice', [to.emit('Shape', [ids]), to.integers([0]), to.integers([1])]);
    return castTo(to, to.emit('Expand', [to.integers([0]), batch]), 'int32');
  };
  return [result, (node.outputs[1] ?? '') === '' ? '' : lengths(), sum];
};

const column = (rank: number): number[] => [-1, ...Array.from({ length: rank - 2 }, () => 1)];

/** Per row and channel over space. Shapes: x [N, C, …], scale and bias [C]. Source: ONNX InstanceNormalization-6. */
export const instanceNormalization: Decomposition = (at) => {
  const { to } = at;
  const rank = at.rank(at.input(0));
  const axes = Array.from({ length: rank - 2 }, (_, i) => i + 2);
  const hat = standardized(at, at.input(0), axes, floatOf(at.node, 'epsilon', 1e-5));
  const lined = (name: string): string => to.emit('Reshape', [name, to.integers(column(rank))]);
  return [to.emit('Add', [to.emit('Mul', [hat, lined(at.input(1))]), lined(at.input(2))])];
};

/** Per row and group of channels. Shapes: x [N, C, …]; scale and bias [C], before operator set 21 [groups].
 *  Source: Wu and He 2018; ONNX GroupNormalization-21. */
export const groupNormalization: Decomposition = (at) => {
  const { to, node } = at;
  const x = at.input(0);
  const rank = at.rank(x);
  const groups = intOf(node, 'num_groups', 1);
  const apart = to.emit('Reshape', [x, to.integers([0, groups, -1])]);
  const hat = standardized(at, apart, [2], floatOf(node, 'epsilon', 1e-5));
  if (to.opset < 21) {
    const lined = (name: string): string => to.emit('Reshape', [name, to.integers([1, -1, 1])]);
    return [reshapeLike(to, to.emit('Add', [to.emit('Mul', [hat, lined(at.input(1))]), lined(at.input(2))]), x)];
  }
  const lined = (name: string): string => to.emit('Reshape', [name, to.integers(column(rank))]);
  const whole = reshapeLike(to, hat, x);
  return [to.emit('Add', [to.emit('Mul', [whole, lined(at.input(1))]), lined(at.input(2))])];
};

/** x/|x|ₚ along an axis; 0 stays 0. Source: ONNX LpNormalization-22. */
export const lpNormalization: Decomposition = (at) => {
  const { to, node } = at;
  const axis = intOf(node, 'axis', -1);
  const op = intOf(node, 'p', 2) === 1 ? 'ReduceL1' : 'ReduceL2';
  const norm =
    to.opset >= 18
      ? to.emit(op, [at.input(0), to.integers([axis])], { keepdims: int(1) })
      : to.emit(op, [at.input(0)], { axes: ints([axis]), keepdims: int(1) });
  const none = to.emit('Equal', [norm, at.scalar(0)]);
  return [to.emit('Div', [at.input(0), to.emit('Where', [none, at.scalar(1), norm])])];
};

/** (x − mean)/(√(mean x² − mean²) + 10⁻⁹). Source: ONNX MeanVarianceNormalization-13. */
export const meanVarianceNormalization: Decomposition = (at) => {
  const { to, node } = at;
  const axes = intsOf(node, 'axes', null) ?? [0, 2, 3];
  const centered = to.emit('Sub', [at.input(0), meanOver(to, at.input(0), axes)]);
  const deviation = to.emit('Sqrt', [meanOver(to, to.emit('Mul', [centered, centered]), axes)]);
  return [to.emit('Div', [centered, to.emit('Add', [deviation, at.scalar(1e-9)])])];
};
