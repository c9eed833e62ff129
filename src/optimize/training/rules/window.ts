import type { Dim } from '../../../contracts/index.ts';
import { intsOf, stringOf } from '../../../model/graph/index.ts';
import type { Backward } from '../types.ts';

/** Whole numbers from `from` up to, but not with, `end`. */
export const range = (from: number, end: number): number[] =>
  Array.from({ length: Math.max(0, end - from) }, (_, i) => from + i);

/** How a sliding window moves. Shapes: one entry an axis of space; pads first for all begins, then for all ends. */
export interface Window {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
}

/** Strides, dilations and padding of a node over `count` axes of space, padding by itself (SAME) included: with strides of 1 it follows
 *  from the kernel alone, else from the sizes, which must be known. Source: ONNX Conv-11, auto_pad. */
export const windowOf = (at: Backward, count: number, kernel: readonly Dim[] | null): Window => {
  const { node } = at;
  const axes = range(0, count);
  const strides = intsOf(node, 'strides', null) ?? axes.map(() => 1);
  const dilations = intsOf(node, 'dilations', null) ?? axes.map(() => 1);
  const auto = stringOf(node, 'auto_pad', 'NOTSET');
  const none = [...axes, ...axes].map(() => 0);
  if (auto === 'NOTSET') return { strides, dilations, pads: intsOf(node, 'pads', null) ?? none };
  if (auto === 'VALID') return { strides, dilations, pads: none };
  const sizes = at.dims(at.input(0))?.slice(2) ?? [];
  const windows = intsOf(node, 'kernel_shape', null) ?? kernel ?? [];
  const begins: number[] = [];
  const ends: number[] = [];
  for (const axis of axes) {
    const [size, window, stride] = [sizes[axis], windows[axis], strides[axis]!];
    if (typeof window !== 'number' || (stride !== 1 && typeof size !== 'number'))
      return at.refuse(`pads by itself (${auto}) over sizes that are known only at run time`);
    const extent = (window - 1) * dilations[axis]! + 1;
    const steps = typeof size === 'number' ? Math.ceil(size / stride) : 0;
    const total = stride === 1 ? extent - 1 : Math.max((steps - 1) * stride + extent - Number(size), 0);
    const small = Math.floor(total / 2);
    begins.push(auto === 'SAME_UPPER' ? small : total - small);
    ends.push(auto === 'SAME_UPPER' ? total - small : small);
  }
  return { strides, dilations, pads: [...begins, ...ends] };
};
