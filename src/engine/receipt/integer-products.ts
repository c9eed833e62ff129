import type { Model, Node, Tensor } from '../../contracts/index.ts';
import { intOf, intsOf, stringOf } from '../../model/graph/index.ts';
import { readTensorSync, viewOf } from '../../model/tensor/index.ts';
import type { Weights } from './saturation.ts';
import { placesOf, sourceOf, tensorOf, type Place, type Scope } from './scopes.ts';

/** An operation that multiplies uint8 inputs by constant int8 weights. */
export interface IntegerProduct {
  readonly place: Place;
  /** The value that holds the inputs' codes, or the float value that the kernel quantizes itself. */
  readonly input: { readonly name: string; readonly quantizedInside: boolean };
  /** Name of the inputs' zero point; '' for 0. */
  readonly inputZero: string;
  readonly tensor: Tensor;
  readonly scale: Tensor | null;
  readonly zeroPoint: Tensor | null;
  readonly layout: 'kn' | 'nk' | 'convolution';
}

interface Slots {
  readonly input: number;
  readonly inputZero: number | null;
  readonly weight: number;
  readonly scale: number | null;
  readonly zeroPoint: number;
}
const slots: Readonly<Record<string, Slots>> = {
  MatMulInteger: { input: 0, inputZero: 2, weight: 1, scale: null, zeroPoint: 3 },
  MatMulIntegerToFloat: { input: 0, inputZero: 4, weight: 1, scale: 3, zeroPoint: 5 },
  DynamicQuantizeMatMul: { input: 0, inputZero: null, weight: 1, scale: 2, zeroPoint: 3 },
  QLinearMatMul: { input: 0, inputZero: 2, weight: 3, scale: 4, zeroPoint: 5 },
  QGemm: { input: 0, inputZero: 2, weight: 3, scale: 4, zeroPoint: 5 },
  QLinearConv: { input: 0, inputZero: 2, weight: 3, scale: 4, zeroPoint: 5 },
};

/** Integer operations whose inputs cannot be seen from outside, or whose order of sums is not known. */
const opaque = new Set(['DynamicQuantizeLSTM', 'QAttention', 'QMoE']);

/** Scale of a MatMulInteger's weight: a constant in the product of scales that its result is multiplied with. */
const scaleBehind = (node: Node, scope: Scope): Tensor | null => {
  const cast = scope.index.consumers(node.outputs[0] ?? '').find(({ op }) => op === 'Cast');
  const mul =
    cast === undefined ? undefined : scope.index.consumers(cast.outputs[0] ?? '').find(({ op }) => op === 'Mul');
  for (const name of mul?.inputs ?? []) {
    const constant = tensorOf(name, scope);
    if (constant !== null) return constant;
    const source = sourceOf(name, scope);
    if (source?.kind !== 'node' || source.node.op !== 'Mul') continue;
    for (const inner of source.node.inputs) {
      const found = tensorOf(inner, source.scope);
      if (found !== null) return found;
    }
  }
  return null;
};

const isDepthwise = (node: Node, weight: Tensor): boolean =>
  node.op === 'QLinearConv' && weight.dims[1] === 1 && intOf(node, 'group', 1) === weight.dims[0];

/** Operations of an optimized graph with uint8×int8 products, and those that cannot be looked at with the reason.
 *  ConvInteger and depthwise convolutions are left out: their kernels are exact. */
export const integerProducts = (
  optimized: Model,
): {
  readonly products: readonly IntegerProduct[];
  readonly unchecked: readonly { readonly place: Place; readonly reason: string }[];
} => {
  const products: IntegerProduct[] = [];
  const unchecked: { place: Place; reason: string }[] = [];
  for (const place of placesOf(optimized)) {
    const { node, scope } = place;
    if (opaque.has(node.op)) {
      const weight = tensorOf(node.inputs[1], scope);
      if (weight?.dtype === 'int8') unchecked.push({ place, reason: `the inputs inside of ${node.op} cannot be seen` });
      continue;
    }
    const slot = Object.hasOwn(slots, node.op) ? slots[node.op] : undefined;
    if (slot === undefined) continue;
    const tensor = tensorOf(node.inputs[slot.weight], scope);
    if (tensor === null || tensor.dtype !== 'int8' || isDepthwise(node, tensor)) continue;
    const input = node.inputs[slot.input] ?? '';
    const zeroName = slot.inputZero === null ? '' : (node.inputs[slot.inputZero] ?? '');
    // int8 inputs take another kernel, which is exact.
    if (tensorOf(zeroName, scope)?.dtype === 'int8') continue;
    const skip = (reason: string): void => void unchecked.push({ place, reason });
    if (scope.outer !== null) skip('it lies in a body of If, Loop or Scan');
    else if (node.op === 'QLinearConv' ? tensor.dims.length < 3 || tensor.dims.length > 4 : tensor.dims.length !== 2)
      skip(`its weight has ${tensor.dims.length} dimensions`);
    else if (node.op === 'QGemm' && intOf(node, 'transA', 0) !== 0) skip('its input is transposed');
    else
      products.push({
        place,
        input: { name: input, quantizedInside: node.op === 'DynamicQuantizeMatMul' },
        inputZero: zeroName,
        tensor,
        scale: slot.scale === null ? scaleBehind(node, scope) : tensorOf(node.inputs[slot.scale], scope),
        zeroPoint: tensorOf(node.inputs[slot.zeroPoint], scope),
        layout:
          node.op === 'QLinearConv'
            ? 'convolution'
            : node.op === 'QGemm' && intOf(node, 'transB', 0) !== 0
              ? 'nk'
              : 'kn',
      });
  }
  return { products, unchecked };
};

const valuesOf = <T extends Float32Array | Int8Array>(tensor: Tensor | null, n: number, fill: T): T => {
  if (tensor === null) return fill;
  const data = viewOf(tensor.dtype, readTensorSync(tensor)) as unknown as ArrayLike<number>;
  if (data.length !== 1 && data.length !== n) return fill;
  for (let i = 0; i < n; i++) fill[i] = data[data.length === 1 ? 0 : i]!;
  return fill;
};

/** Read the weights of an operation, its columns one after another in the order in which the kernel adds them up.
 *  A convolution adds kernel row by kernel row, column by column, channel by channel. */
export const weightsOf = ({ tensor, scale, zeroPoint, layout }: IntegerProduct): Weights => {
  const bytes = readTensorSync(tensor);
  const data = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [first = 0, second = 0] = tensor.dims;
  const n = layout === 'kn' ? second : first;
  const k = n === 0 ? 0 : data.length / n;
  const codes = new Int8Array(data.length);
  if (layout === 'nk') codes.set(data);
  else if (layout === 'kn') for (let i = 0; i < k; i++) for (let j = 0; j < n; j++) codes[j * k + i] = data[i * n + j]!;
  else {
    const channels = second;
    const taps = channels === 0 ? 0 : k / channels;
    for (let j = 0; j < n; j++)
      for (let c = 0; c < channels; c++)
        for (let t = 0; t < taps; t++) codes[j * k + t * channels + c] = data[(j * channels + c) * taps + t]!;
  }
  return {
    codes,
    n,
    k,
    scales: valuesOf(scale?.dtype === 'float32' ? scale : null, n, new Float32Array(n).fill(1)),
    zeroPoints: valuesOf(zeroPoint?.dtype === 'int8' ? zeroPoint : null, n, new Int8Array(n)),
  };
};

/** Geometry of a two-dimensional convolution; one-dimensional ones have a height of 1. */
export interface Window {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Top, left. */
  readonly pads: readonly [number, number];
  readonly out: readonly [number, number];
  readonly groups: number;
  readonly channelsLast: boolean;
}

const pairOf = (values: readonly number[] | null, fallback: number): [number, number] =>
  values === null ? [fallback, fallback] : values.length === 1 ? [fallback, values[0]!] : [values[0]!, values[1]!];

/** How the windows of a QLinearConv lie over an input of this height and width. */
export const windowOf = (node: Node, weight: Tensor, height: number, width: number): Window => {
  const taps = weight.dims.slice(2);
  const kernel: [number, number] = taps.length === 1 ? [1, taps[0]!] : [taps[0]!, taps[1]!];
  const strides = pairOf(intsOf(node, 'strides', null), 1);
  const dilations = pairOf(intsOf(node, 'dilations', null), 1);
  const auto = stringOf(node, 'auto_pad', 'NOTSET');
  const reach = kernel.map((size, axis) => (size - 1) * dilations[axis]! + 1) as [number, number];
  const sizes: [number, number] = [height, width];
  const stated = intsOf(node, 'pads', null);
  const flat = taps.length === 1 ? [0, stated?.[0] ?? 0, 0, stated?.[1] ?? 0] : (stated ?? [0, 0, 0, 0]);
  const before: [number, number] = [flat[0] ?? 0, flat[1] ?? 0];
  const after: [number, number] = [flat[2] ?? 0, flat[3] ?? 0];
  if (auto.startsWith('SAME'))
    for (const axis of [0, 1]) {
      const all = Math.max(
        0,
        (Math.ceil(sizes[axis]! / strides[axis]!) - 1) * strides[axis]! + reach[axis]! - sizes[axis]!,
      );
      before[axis] = auto === 'SAME_UPPER' ? Math.floor(all / 2) : Math.ceil(all / 2);
      after[axis] = all - before[axis]!;
    }
  const out = [0, 1].map((axis) =>
    Math.max(0, Math.floor((sizes[axis]! + before[axis]! + after[axis]! - reach[axis]!) / strides[axis]!) + 1),
  ) as [number, number];
  return {
    kernel,
    strides,
    dilations,
    pads: before,
    out,
    groups: intOf(node, 'group', 1),
    channelsLast: intOf(node, 'channels_last', 0) === 1,
  };
};
