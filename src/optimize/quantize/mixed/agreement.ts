import type { RunResult, Value } from '../../../contracts/index.ts';

/** How far a version's outputs are from the original's. */
export interface Distance {
  /** ‖y − y′‖₂ / ‖y‖₂ over all floating outputs. */
  readonly error: number;
  /** Share of output rows (along the last axis) whose largest element is the same: the unlabelled form of a task metric. */
  readonly agreement: number;
}

const floats = (value: Value): Float32Array | Float64Array | null =>
  value.dtype === 'float32' || value.dtype === 'float64' ? (value.data as Float32Array | Float64Array) : null;

const largest = (row: ArrayLike<number>, start: number, width: number): number => {
  let best = 0;
  for (let i = 1; i < width; i++) if (row[start + i]! > row[start + best]!) best = i;
  return best;
};

/** Add up distances over runs. NaN and new infinities count as an infinite error. */
export const distance = (): {
  add(expected: RunResult, actual: RunResult): void;
  result(): Distance;
} => {
  let error = 0;
  let size = 0;
  let same = 0;
  let rows = 0;
  return {
    add: (expected, actual) => {
      for (const [name, value] of Object.entries(expected.outputs)) {
        const x = floats(value);
        const other = actual.outputs[name];
        const y = other === undefined ? null : floats(other);
        if (x === null || y === null) continue;
        if (x.length !== y.length) {
          error = Number.POSITIVE_INFINITY;
          continue;
        }
        for (let i = 0; i < x.length; i++) {
          const difference = y[i]! - x[i]!;
          if (Object.is(x[i]!, y[i]!)) continue;
          error += difference - difference === 0 ? difference * difference : Number.POSITIVE_INFINITY;
        }
        for (let i = 0; i < x.length; i++) if (x[i]! - x[i]! === 0) size += x[i]! * x[i]!;
        const width = value.dims.at(-1) ?? 1;
        if (width < 2) continue;
        for (let start = 0; start + width <= x.length; start += width) {
          rows++;
          if (largest(x, start, width) === largest(y, start, width)) same++;
        }
      }
    },
    result: () => ({
      error: error === 0 ? 0 : Math.sqrt(error / Math.max(size, Number.MIN_VALUE)),
      agreement: rows === 0 ? 1 : same / rows,
    }),
  };
};
