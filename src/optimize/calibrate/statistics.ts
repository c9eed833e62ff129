import type { Attribute, Node, Tensor, Value } from '../../contracts/index.ts';
import { int, ints } from '../../model/graph/index.ts';
import type { ProbeNodes, Statistic } from './types.ts';

const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Record<string, Attribute> = {},
): Node => ({
  name: '',
  op,
  domain: '',
  inputs: [...inputs],
  outputs: [output],
  attributes,
});

const integers = (values: readonly number[]): Tensor => {
  const data = BigInt64Array.from(values, BigInt);
  return { dtype: 'int64', dims: [values.length], data: { kind: 'inline', bytes: new Uint8Array(data.buffer) } };
};

const floats = (value: Value): Float32Array => value.data as Float32Array;

/** `value` seen as rows of `width`: [rows, width]. */
const asRows = (value: string, output: string, prefix: string, width: number): ProbeNodes => ({
  nodes: [node('Reshape', [value, `${prefix}_shape`], output)],
  initializers: new Map([[`${prefix}_shape`, integers([-1, width])]]),
});

/** A reduction over axis 0 without keeping it: axes are an attribute up to opset 17 (12 for ReduceSum) and an input after. */
const reduceRows = (op: string, input: string, output: string, prefix: string, opset: number): ProbeNodes => {
  const asInput = opset >= (op === 'ReduceSum' ? 13 : 18);
  return asInput
    ? {
        nodes: [node(op, [input, `${prefix}_axes`], output, { keepdims: int(0) })],
        initializers: new Map([[`${prefix}_axes`, integers([0])]]),
      }
    : { nodes: [node(op, [input], output, { axes: ints([0]), keepdims: int(0) })] };
};

const together = (...parts: readonly ProbeNodes[]): ProbeNodes => ({
  nodes: parts.flatMap(({ nodes }) => nodes),
  initializers: new Map(parts.flatMap(({ initializers }) => [...(initializers ?? [])])),
});

/** Least and greatest value over all batches; `average` > 0: the moving average of each batch's, new = old + average · (batch − old).
 *  Shapes: scalars. Errors: none; `finite` is false when NaN or infinity was seen. Source: min-max and moving-average observers. */
export const extremes = (
  average = 0,
): Statistic & { readonly low: () => number; readonly high: () => number; readonly finite: () => boolean } => {
  let low = 0;
  let high = 0;
  let seen = 0;
  let finite = true;
  return {
    kind: 'small',
    size: 2,
    nodes: (value, output, prefix) => {
      const flat = integers([1]);
      const scalarTo = (input: string, name: string): Node => node('Reshape', [input, `${prefix}_one`], name);
      return {
        nodes: [
          node('ReduceMin', [value], `${prefix}_min`, { keepdims: int(0) }),
          node('ReduceMax', [value], `${prefix}_max`, { keepdims: int(0) }),
          scalarTo(`${prefix}_min`, `${prefix}_min1`),
          scalarTo(`${prefix}_max`, `${prefix}_max1`),
          node('Concat', [`${prefix}_min1`, `${prefix}_max1`], output, { axis: int(0) }),
        ],
        initializers: new Map([[`${prefix}_one`, flat]]),
      };
    },
    add: (value) => {
      const [least = 0, most = 0] = floats(value);
      if (!Number.isFinite(least) || !Number.isFinite(most)) {
        finite = false;
        return;
      }
      if (seen === 0) [low, high] = [least, most];
      else if (average > 0) {
        low += average * (least - low);
        high += average * (most - high);
      } else {
        low = Math.min(low, least);
        high = Math.max(high, most);
      }
      seen++;
    },
    low: () => low,
    high: () => high,
    finite: () => finite,
  };
};

/** max |x| per channel of the last axis. Shapes: a value […, width] → [width]. */
export const channelMaxima = (width: number): Statistic & { readonly values: Float32Array } => {
  const values = new Float32Array(width);
  return {
    kind: 'small',
    size: width,
    nodes: (value, output, prefix, opset) =>
      together(
        { nodes: [node('Abs', [value], `${prefix}_abs`)] },
        asRows(`${prefix}_abs`, `${prefix}_rows`, prefix, width),
        reduceRows('ReduceMax', `${prefix}_rows`, output, prefix, opset),
      ),
    add: (value) => {
      const batch = floats(value);
      for (let i = 0; i < width; i++) if (batch[i]! > values[i]! || Number.isNaN(batch[i]!)) values[i] = batch[i]!;
    },
    values,
  };
};

/** Mean of x (or of |x|) per channel of the last axis. Shapes: a value […, width] → [width]. */
export const channelMeans = (
  width: number,
  absolute = false,
): Statistic & { readonly mean: () => Float64Array; readonly rows: () => number } => {
  const sums = new Float64Array(width);
  let rows = 0;
  return {
    kind: 'small',
    size: width + 1,
    // The row count travels as one more column: a column of ones under the same sum.
    nodes: (value, output, prefix, opset) => {
      const source = absolute ? `${prefix}_abs` : value;
      return together(
        absolute ? { nodes: [node('Abs', [value], `${prefix}_abs`)] } : { nodes: [] },
        asRows(source, `${prefix}_rows`, prefix, width),
        {
          nodes: [
            node('Shape', [`${prefix}_rows`], `${prefix}_size`),
            node('Gather', [`${prefix}_size`, `${prefix}_first`], `${prefix}_count`, { axis: int(0) }),
            node('Cast', [`${prefix}_count`], `${prefix}_count_float`, { to: int(1) }),
          ],
          initializers: new Map([[`${prefix}_first`, integers([0])]]),
        },
        reduceRows('ReduceSum', `${prefix}_rows`, `${prefix}_sum`, prefix, opset),
        { nodes: [node('Concat', [`${prefix}_sum`, `${prefix}_count_float`], output, { axis: int(0) })] },
      );
    },
    add: (value) => {
      const batch = floats(value);
      for (let i = 0; i < width; i++) sums[i]! += batch[i]!;
      rows += batch[width]!;
    },
    mean: () => sums.map((sum) => (rows === 0 ? 0 : sum / rows)),
    rows: () => rows,
  };
};

/** Σ x² per channel of the last axis. Shapes: a value […, width] → [width]. Units: the value's own, squared. */
export const channelSquares = (width: number): Statistic & { readonly sums: Float64Array } => {
  const sums = new Float64Array(width);
  return {
    kind: 'small',
    size: width,
    nodes: (value, output, prefix, opset) =>
      together(
        { nodes: [node('Mul', [value, value], `${prefix}_squares`)] },
        asRows(`${prefix}_squares`, `${prefix}_rows`, prefix, width),
        reduceRows('ReduceSum', `${prefix}_rows`, output, prefix, opset),
      ),
    add: (value) => {
      const batch = floats(value);
      for (let i = 0; i < width; i++) sums[i]! += batch[i]!;
    },
    sums,
  };
};

/** Σ xᵀx over all rows, added up inside the session. Shapes: a value […, width] → [width, width], float32.
 *  Units: the value's own, squared; divide by the number of rows for a second moment. */
export const gram = (width: number): Statistic & { readonly matrix: () => Float32Array } => {
  let sum: Float32Array | null = null;
  return {
    kind: 'sum',
    dims: [width, width],
    nodes: (value, output, prefix) =>
      together(asRows(value, `${prefix}_rows`, prefix, width), {
        nodes: [
          node('Transpose', [`${prefix}_rows`], `${prefix}_columns`, { perm: ints([1, 0]) }),
          node('MatMul', [`${prefix}_columns`, `${prefix}_rows`], output),
        ],
      }),
    add: (value) => {
      sum = floats(value);
    },
    matrix: () => sum ?? new Float32Array(width * width),
  };
};

/** Rows of a value, each with equal chance, at most `most` of them. Shapes: a value […, width] → [rows, width].
 *  Source: reservoir sampling (Vitter 1985, algorithm R). */
export const rowSample = (
  width: number,
  most: number,
  random: { integer(below: number): number },
): Statistic & { readonly rows: () => Float32Array; readonly count: () => number } => {
  const kept = new Float32Array(most * width);
  let count = 0;
  let seen = 0;
  return {
    kind: 'whole',
    nodes: () => ({ nodes: [] }),
    add: (value) => {
      const data = floats(value);
      for (let at = 0; at + width <= data.length; at += width) {
        const place = count < most ? count++ : random.integer(seen + 1);
        seen++;
        if (place < most) kept.set(data.subarray(at, at + width), place * width);
      }
    },
    rows: () => kept.subarray(0, count * width),
    count: () => count,
  };
};
