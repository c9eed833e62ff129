import type { Dim } from '../../../contracts/index.ts';

/** Two dims under NumPy broadcasting. A known size other than 1 wins: the other side is then 1 or equal. */
export const broadcastDim = (a: Dim, b: Dim): Dim => {
  if (a === 1) return b;
  if (b === 1) return a;
  if (typeof a === 'number') return a;
  if (typeof b === 'number') return b;
  return a === b ? a : null;
};

/** Broadcast of several shapes, aligned at the end; null when a rank is unknown. */
export const broadcast = (...shapes: readonly (readonly Dim[] | null)[]): readonly Dim[] | null => {
  let result: Dim[] = [];
  for (const shape of shapes) {
    if (shape === null) return null;
    const rank = Math.max(result.length, shape.length);
    const next: Dim[] = [];
    for (let i = 0; i < rank; i++) {
      const left = result[result.length - rank + i];
      const right = shape[shape.length - rank + i];
      next.push(left === undefined ? (right ?? null) : right === undefined ? left : broadcastDim(left, right));
    }
    result = next;
  }
  return result;
};

/** A negative axis counted from the end; null when out of range. */
export const axisOf = (axis: number, rank: number): number | null => {
  const at = axis < 0 ? axis + rank : axis;
  return at >= 0 && at < rank ? at : null;
};

/** Each axis counted from the start; null when one is out of range. */
export const axesOf = (axes: readonly number[], rank: number): readonly number[] | null => {
  const found = axes.map((axis) => axisOf(axis, rank));
  return found.every((axis) => axis !== null) ? (found as number[]) : null;
};

/** Product; null when a size is unknown (but 0 when one is 0). */
export const productOf = (dims: readonly Dim[]): number | null => {
  if (dims.includes(0)) return 0;
  let product = 1;
  for (const dim of dims) {
    if (typeof dim !== 'number') return null;
    product *= dim;
  }
  return product;
};

/** Sum; null when a size is unknown. */
export const sumOf = (dims: readonly Dim[]): Dim => {
  let sum = 0;
  const names = dims.filter((dim) => typeof dim !== 'number');
  if (names.length === 1 && dims.every((dim) => typeof dim !== 'number' || dim === 0)) return names[0] ?? null;
  for (const dim of dims) {
    if (typeof dim !== 'number') return null;
    sum += dim;
  }
  return sum;
};

/** What both sides agree on: equal dims stay, others become unknown; null when ranks differ or are unknown. */
export const agree = (a: readonly Dim[] | null, b: readonly Dim[] | null): readonly Dim[] | null => {
  if (a === null || b === null || a.length !== b.length) return null;
  return a.map((dim, i) => (dim === b[i] ? dim : null));
};

/** Two true statements about one shape: the more exact dim wins, `a` where they do not compare. */
export const refine = (a: readonly Dim[] | null, b: readonly Dim[] | null): readonly Dim[] | null => {
  if (a === null) return b;
  if (b === null || a.length !== b.length) return a;
  return a.map((dim, i) => {
    const other = b[i] ?? null;
    if (typeof dim === 'number') return dim;
    if (typeof other === 'number') return other;
    return dim ?? other;
  });
};
