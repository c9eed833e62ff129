import type { Dim } from '../../../contracts/index.ts';
import { intOf, intsOf, stringOf } from '../attributes.ts';
import { broadcast, broadcastDim } from './dims.ts';
import { known } from './types.ts';
import type { Rule, RuleInput, Rules } from './types.ts';

/** Shape of a matrix product: leading dimensions broadcast, a vector loses its added dimension. */
export const matMulShape = (a: readonly Dim[] | null, b: readonly Dim[] | null): readonly Dim[] | null => {
  if (a === null || b === null || a.length === 0 || b.length === 0) return null;
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  const batch = broadcast(left.slice(0, -2), right.slice(0, -2));
  if (batch === null) return null;
  return [
    ...batch,
    ...(a.length === 1 ? [] : [left.at(-2) ?? null]),
    ...(b.length === 1 ? [] : [right.at(-1) ?? null]),
  ];
};

const matMul: Rule = (at) => [known(at.dtype(0) ?? at.dtype(1), matMulShape(at.dims(0), at.dims(1)))];
const matMulInteger: Rule = (at) => [known('int32', matMulShape(at.dims(0), at.dims(1)))];
const qLinearMatMul: Rule = (at) => [known(at.dtype(7), matMulShape(at.dims(0), at.dims(3)))];

/** [rows, columns] of Gemm's output. */
export const gemmShape = (at: RuleInput): readonly Dim[] | null => {
  const a = at.dims(0);
  const b = at.dims(1);
  const rows = a?.length === 2 ? a[intOf(at.node, 'transA', 0) === 0 ? 0 : 1] : undefined;
  const columns = b?.length === 2 ? b[intOf(at.node, 'transB', 0) === 0 ? 1 : 0] : undefined;
  return a === null && b === null ? null : [rows ?? null, columns ?? null];
};
const gemm: Rule = (at) => [known(at.dtype(0) ?? at.dtype(1), gemmShape(at))];

interface Window {
  readonly kernel: readonly Dim[];
  readonly transposed?: boolean;
}

/** Spatial sizes after a sliding window. Source: ONNX Conv, MaxPool: output = ⌊(in + pads − dilated kernel) / stride⌋ + 1. */
const slide = (at: RuleInput, spatial: readonly Dim[], { kernel }: Window): readonly Dim[] => {
  const count = spatial.length;
  const strides = intsOf(at.node, 'strides', null) ?? spatial.map(() => 1);
  const dilations = intsOf(at.node, 'dilations', null) ?? spatial.map(() => 1);
  const pads = intsOf(at.node, 'pads', null) ?? [...spatial, ...spatial].map(() => 0);
  const auto = stringOf(at.node, 'auto_pad', 'NOTSET');
  const ceil = intOf(at.node, 'ceil_mode', 0) === 1;
  return spatial.map((size, i) => {
    const stride = strides[i] ?? 1;
    const window = kernel[i];
    if (typeof size !== 'number' || stride < 1) return null;
    if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') return Math.ceil(size / stride);
    if (typeof window !== 'number') return null;
    const extent = (window - 1) * (dilations[i] ?? 1) + 1;
    const begin = auto === 'VALID' ? 0 : (pads[i] ?? 0);
    const room = size + begin + (auto === 'VALID' ? 0 : (pads[i + count] ?? 0)) - extent;
    if (room < 0) return null;
    if (!ceil) return Math.floor(room / stride) + 1;
    // A window that would start in the right padding is dropped (ONNX since opset 19; ONNX Runtime for all).
    const out = Math.ceil(room / stride) + 1;
    return (out - 1) * stride >= size + begin ? out - 1 : out;
  });
};

const kernelOf = (at: RuleInput, weight: readonly Dim[] | null, rank: number): readonly Dim[] =>
  intsOf(at.node, 'kernel_shape', null) ?? weight?.slice(2) ?? Array.from({ length: rank - 2 }, () => null);

const convShape = (at: RuleInput, weightAt: number): readonly Dim[] | null => {
  const x = at.dims(0);
  const weight = at.dims(weightAt);
  if (x === null || x.length < 3) return null;
  return [x[0] ?? null, weight?.[0] ?? null, ...slide(at, x.slice(2), { kernel: kernelOf(at, weight, x.length) })];
};

const conv: Rule = (at) => [known(at.dtype(0), convShape(at, 1))];
const convInteger: Rule = (at) => [known('int32', convShape(at, 1))];
const qLinearConv: Rule = (at) => [known(at.dtype(7), convShape(at, 3))];

const convTranspose: Rule = (at) => {
  const x = at.dims(0);
  const weight = at.dims(1);
  if (x === null || x.length < 3) return [known(at.dtype(0), null)];
  const spatial = x.slice(2);
  const count = spatial.length;
  const strides = intsOf(at.node, 'strides', null) ?? spatial.map(() => 1);
  const dilations = intsOf(at.node, 'dilations', null) ?? spatial.map(() => 1);
  const pads = intsOf(at.node, 'pads', null) ?? [...spatial, ...spatial].map(() => 0);
  const extra = intsOf(at.node, 'output_padding', null) ?? spatial.map(() => 0);
  const stated = intsOf(at.node, 'output_shape', null);
  const auto = stringOf(at.node, 'auto_pad', 'NOTSET');
  const kernel = kernelOf(at, weight, x.length);
  const sizes = spatial.map((size, i): Dim => {
    if (stated) return stated[stated.length - count + i] ?? null;
    const window = kernel[i];
    const stride = strides[i] ?? 1;
    if (typeof size !== 'number') return null;
    if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') return size * stride;
    if (typeof window !== 'number') return null;
    const padding = auto === 'VALID' ? 0 : (pads[i] ?? 0) + (pads[i + count] ?? 0);
    return stride * (size - 1) + (extra[i] ?? 0) + (window - 1) * (dilations[i] ?? 1) + 1 - padding;
  });
  const perGroup = weight?.[1] ?? null;
  const channels = typeof perGroup === 'number' ? perGroup * intOf(at.node, 'group', 1) : null;
  return [known(at.dtype(0), [x[0] ?? null, channels, ...sizes])];
};

const pool: Rule = (at) => {
  const x = at.dims(0);
  const shape =
    x === null || x.length < 3
      ? null
      : [...x.slice(0, 2), ...slide(at, x.slice(2), { kernel: kernelOf(at, null, x.length) })];
  return [known(at.dtype(0), shape), known('int64', shape)];
};
const globalPool: Rule = (at) => {
  const x = at.dims(0);
  return [known(at.dtype(0), x && x.map((dim, i) => (i < 2 ? dim : 1)))];
};

/** Shape of an Einstein sum; null for a repeated label within one operand or an ellipsis that does not fit. */
const einsum: Rule = (at) => {
  const equation = stringOf(at.node, 'equation', '').replace(/\s/g, '');
  const [left = '', right] = equation.split('->');
  const sizes = new Map<string, Dim>();
  let dots: readonly Dim[] = [];
  const terms = left.split(',');
  for (const [position, term] of terms.entries()) {
    const dims = at.dims(position);
    if (dims === null) return [known(at.dtype(0), null)];
    const labels = [...term.replace('...', '.')];
    const wide = dims.length - (labels.length - (labels.includes('.') ? 1 : 0));
    if (wide < 0 || (wide > 0 && !labels.includes('.'))) return [known(at.dtype(0), null)];
    let next = 0;
    for (const label of labels) {
      if (label === '.') {
        dots = broadcast(dots, dims.slice(next, next + wide)) ?? [];
        next += wide;
      } else {
        const dim = dims[next++] ?? null;
        sizes.set(label, sizes.has(label) ? broadcastDim(sizes.get(label) ?? null, dim) : dim);
      }
    }
  }
  const counts = [...left.replaceAll('.', '').replaceAll(',', '')];
  const implied = counts.filter((label) => counts.indexOf(label) === counts.lastIndexOf(label)).toSorted();
  const output =
    right === undefined ? (left.includes('...') ? ['.', ...implied] : implied) : [...right.replace('...', '.')];
  return [
    known(
      at.dtype(0),
      output.flatMap((label) => (label === '.' ? dots : [sizes.get(label) ?? null])),
    ),
  ];
};

/** Products, convolutions, pools. Source: ONNX operator specification. */
export const linear: Rules = {
  MatMul: matMul,
  MatMulInteger: matMulInteger,
  QLinearMatMul: qLinearMatMul,
  Gemm: gemm,
  Conv: conv,
  ConvInteger: convInteger,
  QLinearConv: qLinearConv,
  ConvTranspose: convTranspose,
  MaxPool: pool,
  AveragePool: pool,
  LpPool: pool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  GlobalLpPool: globalPool,
  Einsum: einsum,
};
