import { intOf, intsOf } from '../../../model/graph/index.ts';
import { castTo, int, ints, reshapeLike } from '../../writing/emit.ts';
import type { Rule } from '../types.ts';
import { fitTo } from './convolution.ts';
import { placesAdd } from './scatter.ts';
import { range, windowOf } from './window.ts';

/** The gradient goes to the element that was the largest of its window: the operator itself says which. Source: ONNX MaxPool-12. */
const maxPool: Rule = (at) => {
  const { to, node } = at;
  const x = at.input(0);
  if (intOf(node, 'storage_order', 0) !== 0) at.refuse('counts places by columns');
  const places = at.output(1) === '' ? to.emitAll('MaxPool', [x], 2, node.attributes)[1]! : at.output(1);
  const kernel = intsOf(node, 'kernel_shape', []);
  const strides = intsOf(node, 'strides', null) ?? kernel.map(() => 1);
  const dilations = intsOf(node, 'dilations', null) ?? kernel.map(() => 1);
  const apart = kernel.every((size, i) => strides[i]! > (size - 1) * dilations[i]!);
  return [placesAdd(at, x, places, at.dy, apart)];
};

/** Every element of a window has an equal share of the mean: the transposed convolution with a kernel of ones, a channel at a time.
 *  Shapes: X [N, C, …] as [N·C, 1, …]. Source: ONNX AveragePool-19. */
const averagePool: Rule = (at) => {
  const { to, node } = at;
  const x = at.input(0);
  const kernel = intsOf(node, 'kernel_shape', []);
  const count = kernel.length;
  if (intOf(node, 'ceil_mode', 0) !== 0) at.refuse('rounds its sizes up');
  const window = windowOf(at, count, null);
  const dtype = at.dtype(x);
  const alone = (value: string): string => {
    const space = to.emit('Slice', [to.emit('Shape', [value]), to.integers([2]), to.integers([2 + count])]);
    return to.emit('Reshape', [value, to.emit('Concat', [to.integers([-1, 1]), space], { axis: int(0) })]);
  };
  const ones = to.emit('Expand', [at.scalar(1), to.integers([1, 1, ...kernel])]);
  const shape = { strides: ints(window.strides), dilations: ints(window.dilations) };
  const columns = alone(x);
  const full = kernel.reduce((product, size) => product * size, 1);
  const padded = window.pads.some((size) => size !== 0) && intOf(node, 'count_include_pad', 0) === 0;
  // How many elements each window really has.
  const seen = (): string => {
    const space = to.emit('Slice', [to.emit('Shape', [columns]), to.integers([1]), to.integers([2 + count])]);
    const all = to.emit('Expand', [at.scalar(1), to.emit('Concat', [to.integers([1]), space], { axis: int(0) })]);
    return to.emit('Conv', [all, ones], { ...shape, pads: ints(window.pads) });
  };
  const share = to.emit('Div', [alone(at.dy), padded ? seen() : to.scalar(dtype, full)]);
  const spread = to.emit('ConvTranspose', [share, ones], shape);
  return [reshapeLike(to, fitTo(at, spread, columns, window.pads.slice(0, count)), x)];
};

/** Every element has the same share of the mean over space. */
const globalAveragePool: Rule = (at) => {
  const { to } = at;
  const x = at.input(0);
  const count = to.emit('Div', [to.emit('Size', [x]), to.emit('Size', [at.output()])]);
  const share = to.emit('Div', [at.dy, castTo(to, count, at.dtype(x))]);
  return [to.emit('Expand', [share, to.emit('Shape', [x])])];
};

/** The gradient goes to the largest of each channel; equal ones share it. */
const globalMaxPool: Rule = (at) => {
  const { to } = at;
  const x = at.input(0);
  const hit = castTo(to, to.emit('Equal', [x, at.output()]), at.dtype(x));
  const hits = to.emit('ReduceSum', [hit, to.integers(range(2, at.rank(x)))], { keepdims: int(1) });
  return [to.emit('Div', [to.emit('Mul', [hit, at.dy]), hits])];
};

/** Rules of pools. */
export const pooling: Readonly<Record<string, Rule>> = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: globalAveragePool,
  GlobalMaxPool: globalMaxPool,
};
