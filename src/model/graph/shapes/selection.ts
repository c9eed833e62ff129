import type { Dim } from '../../../contracts/index.ts';
import { intOf, intsOf } from '../attributes.ts';
import { axesOf, axisOf, productOf } from './dims.ts';
import { scalarAt } from './making.ts';
import { known } from './types.ts';
import type { Rule, Rules } from './types.ts';

/** Output shape of Gather along an axis: the indices' shape takes the axis's place. */
export const gatherShape = (
  data: readonly Dim[] | null,
  indices: readonly Dim[] | null,
  rawAxis: number,
): readonly Dim[] | null => {
  if (data === null || indices === null) return null;
  const axis = axisOf(rawAxis, data.length);
  return axis === null ? null : [...data.slice(0, axis), ...indices, ...data.slice(axis + 1)];
};

const gather: Rule = (at) => {
  const dims = gatherShape(at.dims(0), at.dims(1), intOf(at.node, 'axis', 0));
  const data = at.data(0);
  const picks = at.numbers(1);
  const picked =
    data && picks && at.rank(0) === 1 && (at.rank(1) ?? 2) <= 1
      ? picks.map((i) => data[i < 0 ? i + data.length : i] ?? null)
      : undefined;
  return [known(at.dtype(0), dims, picked)];
};

const gatherElements: Rule = (at) => [known(at.dtype(0), at.dims(1))];

const gatherNd: Rule = (at) => {
  const data = at.dims(0);
  const indices = at.dims(1);
  const depth = indices?.at(-1);
  const batch = intOf(at.node, 'batch_dims', 0);
  if (data === null || indices === null || typeof depth !== 'number') return [known(at.dtype(0), null)];
  return [known(at.dtype(0), [...indices.slice(0, -1), ...data.slice(batch + depth)])];
};

const toFirst: Rule = (at) => [known(at.dtype(0), at.dims(0))];

/** Number of elements that start:end:step takes from `size`. Source: ONNX Slice-13. */
const sliced = (size: Dim, start: Dim, end: Dim, step: Dim): Dim => {
  if (typeof step !== 'number' || step === 0) return null;
  // The whole axis, whatever its size.
  const far = 2 ** 31 - 1;
  if (step === 1 && start === 0 && typeof end === 'number' && end >= far) return size;
  if (step === 1 && start === 0 && end !== null && end === size) return size;
  if (typeof size !== 'number' || typeof start !== 'number' || typeof end !== 'number') return null;
  const clamp = (raw: number, low: number, high: number): number =>
    Math.min(high, Math.max(low, raw < 0 ? raw + size : raw));
  const from = step > 0 ? clamp(start, 0, size) : clamp(start, 0, size - 1);
  const to = step > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1);
  return Math.max(0, Math.ceil((to - from) / step));
};

const slice: Rule = (at) => {
  const x = at.dims(0);
  if (x === null) return [known(at.dtype(0), null)];
  const old = at.opset < 10;
  const starts = old ? intsOf(at.node, 'starts', null) : at.data(1);
  const ends = old ? intsOf(at.node, 'ends', null) : at.data(2);
  const all = x.map((_, i) => i);
  const stated = old
    ? (intsOf(at.node, 'axes', null) ?? all.slice(0, starts?.length ?? all.length))
    : at.has(3)
      ? at.numbers(3)
      : all.slice(0, starts?.length ?? all.length);
  const axes = stated && axesOf(stated, x.length);
  const steps = !old && at.has(4) ? at.data(4) : all.map(() => 1);
  if (axes === null)
    return [
      known(
        at.dtype(0),
        x.map(() => null),
      ),
    ];
  const dims = x.map((dim, i): Dim => {
    const place = axes.indexOf(i);
    return place < 0 ? dim : sliced(dim, starts?.[place] ?? null, ends?.[place] ?? null, steps?.[place] ?? null);
  });
  const data = at.data(0);
  const [from, to, step] = [starts?.[0], ends?.[0], steps?.[0] ?? null];
  const part =
    data && x.length === 1 && typeof from === 'number' && typeof to === 'number' && step === 1
      ? data.slice(from, to)
      : undefined;
  return [known(at.dtype(0), dims, part)];
};

const reduce: Rule = (at) => {
  const x = at.dims(0);
  const keep = intOf(at.node, 'keepdims', 1) === 1;
  const attribute = intsOf(at.node, 'axes', null);
  const fromInput = attribute === null && at.has(1);
  const stated = attribute ?? (fromInput ? at.numbers(1) : null);
  const unknown = fromInput && stated === null;
  if (x === null || unknown) return [known(at.dtype(0), keep && x ? x.map(() => null) : null)];
  const none = stated === null || stated.length === 0;
  if (none && intOf(at.node, 'noop_with_empty_axes', 0) === 1) return [known(at.dtype(0), x)];
  const axes = none ? x.map((_, i) => i) : axesOf(stated, x.length);
  if (axes === null) return [known(at.dtype(0), null)];
  const dims = keep ? x.map((dim, i) => (axes.includes(i) ? 1 : dim)) : x.filter((_, i) => !axes.includes(i));
  const product = at.node.op === 'ReduceProd' && at.data(0) && x.length === 1 ? productOf(at.data(0) ?? []) : null;
  return [known(at.dtype(0), dims, product === null ? undefined : [product])];
};

const argument: Rule = (at) => {
  const x = at.dims(0);
  const axis = x && axisOf(intOf(at.node, 'axis', 0), x.length);
  if (x === null || axis === null) return [known('int64', null)];
  const keep = intOf(at.node, 'keepdims', 1) === 1;
  return [known('int64', keep ? x.map((dim, i) => (i === axis ? 1 : dim)) : x.filter((_, i) => i !== axis))];
};

const topK: Rule = (at) => {
  const x = at.dims(0);
  const axis = x && axisOf(intOf(at.node, 'axis', -1), x.length);
  const count = at.opset < 10 ? intOf(at.node, 'k', null) : (at.data(1)?.[0] ?? null);
  const dims = x && axis !== null ? x.map((dim, i) => (i === axis ? count : dim)) : null;
  return [known(at.dtype(0), dims), known('int64', dims)];
};

const nonZero: Rule = (at) => [known('int64', [at.rank(0), null])];

const compress: Rule = (at) => {
  const axis = intOf(at.node, 'axis', null);
  const x = at.dims(0);
  if (axis === null) return [known(at.dtype(0), [null])];
  const place = x && axisOf(axis, x.length);
  return [known(at.dtype(0), x && x.map((dim, i) => (i === place ? null : dim)))];
};

const oneHot: Rule = (at) => {
  const indices = at.dims(0);
  const depth = at.data(1)?.[0] ?? scalarAt(at, 1);
  if (indices === null) return [known(at.dtype(2), null)];
  const axis = axisOf(intOf(at.node, 'axis', -1), indices.length + 1);
  return [known(at.dtype(2), axis === null ? null : indices.toSpliced(axis, 0, depth))];
};

const unique: Rule = (at) => {
  const x = at.dims(0);
  const axis = intOf(at.node, 'axis', null);
  const place = axis === null ? null : x && axisOf(axis, x.length);
  const dims = axis === null ? [null] : x && x.map((dim, i) => (i === place ? null : dim));
  return [known(at.dtype(0), dims), known('int64', [null]), known('int64', [null]), known('int64', [null])];
};

const reductions =
  'ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare';

/** Operators that pick, reduce or sort. Source: ONNX operator specification. */
export const selection: Rules = {
  ...Object.fromEntries(reductions.split(' ').map((name) => [name, reduce])),
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  Scatter: toFirst,
  ScatterElements: toFirst,
  ScatterND: toFirst,
  TensorScatter: toFirst,
  Slice: slice,
  ArgMax: argument,
  ArgMin: argument,
  TopK: topK,
  NonZero: nonZero,
  Compress: compress,
  OneHot: oneHot,
  Unique: unique,
};
