import { intOf, intsOf, str, stringOf } from '../../../model/graph/index.ts';
import { onnxNumberOf } from '../../../model/tensor/index.ts';
import { int, ints, zerosLike } from '../emit.ts';
import type { Backward, Rule } from '../types.ts';

const largestGroup = 64;

const range = (from: number, end: number): number[] => Array.from({ length: end - from }, (_, i) => from + i);

/** Strides, dilations and padding of a node over `count` spatial axes. */
const windows = (
  at: Backward,
  count: number,
): { readonly strides: readonly number[]; readonly dilations: readonly number[]; readonly pads: readonly number[] } => {
  const auto = stringOf(at.node, 'auto_pad', 'NOTSET');
  if (auto !== 'NOTSET' && auto !== 'VALID') at.refuse(`pads by itself (${auto})`);
  const ones = range(0, count).map(() => 1);
  const zeros = [...ones, ...ones].map(() => 0);
  return {
    strides: intsOf(at.node, 'strides', null) ?? ones,
    dilations: intsOf(at.node, 'dilations', null) ?? ones,
    pads: auto === 'VALID' ? zeros : (intsOf(at.node, 'pads', null) ?? zeros),
  };
};

/** Y = X ⋆ W. dX is the transposed convolution of dY, cut or filled to the size of X. dW is the convolution of X by dY with the roles
 *  of batch and channels, and of strides and dilations, exchanged; a group at a time. dB sums dY over batch and space.
 *  Shapes: X [N, C, …], W [M, C/group, …], dY [N, M, …]. Source: Dumoulin and Visin 2016, §4; ONNX Conv-11. */
const conv: Rule = (at) => {
  const { to, node } = at;
  const [x, w, dy] = [at.input(0), at.input(1), at.dy];
  const rank = at.rank(w);
  const space = rank - 2;
  const group = intOf(node, 'group', 1);
  if (group > largestGroup) at.refuse(`has ${group} groups, more than ${largestGroup}`);
  const { strides, dilations, pads } = windows(at, space);
  const shape = { strides: ints(strides), dilations: ints(dilations), group: int(group) };
  const begins = to.integers([0, 0, ...pads.slice(0, space)]);

  const byX = (): string => {
    const full = to.emit('ConvTranspose', [dy, w], shape);
    const missing = to.emit('Sub', [to.emit('Shape', [x]), to.emit('Shape', [full])]);
    const ends = to.emit('Add', [missing, begins]);
    const fit = to.emit('Concat', [to.emit('Neg', [begins]), ends], { axis: int(0) });
    return to.emit('Pad', [full, fit]);
  };

  const swapped = { perm: ints([1, 0, ...range(2, rank)]) };
  const parts = (value: string): string[] => {
    if (group === 1) return [value];
    const size = to.emit('Div', [
      to.emit('Gather', [to.emit('Shape', [value]), to.integers([1])]),
      to.integers([group]),
    ]);
    return to.emitAll('Split', [value, to.emit('Expand', [size, to.integers([group])])], group, { axis: int(1) });
  };
  const byW = (): string => {
    const outer = { strides: ints(dilations), dilations: ints(strides), pads: ints(pads) };
    const sizes = to.emit('Slice', [to.emit('Shape', [w]), to.integers([2]), to.integers([rank])]);
    const starts = to.integers(range(0, space).map(() => 0));
    const dyParts = parts(dy);
    const each = parts(x).map((one, i) => {
      const turned = [to.emit('Transpose', [one], swapped), to.emit('Transpose', [dyParts[i]!], swapped)];
      // Inputs that no window reaches give places beyond the kernel.
      const kernel = to.emit('Slice', [to.emit('Conv', turned, outer), starts, sizes, to.integers(range(2, rank))]);
      return to.emit('Transpose', [kernel], swapped);
    });
    return each.length === 1 ? each[0]! : to.emit('Concat', each, { axis: int(0) });
  };
  const byB = (): string => to.emit('ReduceSum', [dy, to.integers([0, ...range(2, rank)])], { keepdims: int(0) });
  return [at.wants(0) ? byX() : null, at.wants(1) ? byW() : null, at.wants(2) ? byB() : null];
};

/** The gradient goes to the element that was the largest of its window: the operator itself says which. Source: ONNX MaxPool-12. */
const maxPool: Rule = (at) => {
  const { to, node } = at;
  const x = at.input(0);
  if (intOf(node, 'storage_order', 0) !== 0) at.refuse('counts places by columns');
  const flat = to.integers([-1]);
  const places = to.emitAll('MaxPool', [x], 2, node.attributes)[1]!;
  const zeros = to.emit('Reshape', [zerosLike(to, x, at.dtype(x)), flat]);
  const inputs = [zeros, to.emit('Reshape', [places, flat]), to.emit('Reshape', [at.dy, flat])];
  const sum = to.emit('ScatterElements', inputs, {
    axis: int(0),
    reduction: str('add'),
  });
  return [to.emit('Reshape', [sum, to.emit('Shape', [x])])];
};

/** Every element has the same share of the mean over space. */
const globalAveragePool: Rule = (at) => {
  const { to } = at;
  const x = at.input(0);
  const count = to.emit('Div', [to.emit('Size', [x]), to.emit('Size', [at.output()])]);
  const share = to.emit('Div', [at.dy, to.emit('Cast', [count], { to: int(onnxNumberOf(at.dtype(x))) })]);
  return [to.emit('Expand', [share, to.emit('Shape', [x])])];
};

/** Rules of operators that look through windows. */
export const convolution: Readonly<Record<string, Rule>> = {
  Conv: conv,
  MaxPool: maxPool,
  GlobalAveragePool: globalAveragePool,
};
