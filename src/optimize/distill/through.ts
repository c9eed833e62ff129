import type { Tensor } from '../../contracts/index.ts';
import { readTensorSync, tensor, toFloat32 } from '../../model/tensor/index.ts';
import { flipped, product, type Matrix } from './principal.ts';

/** A student's values by name, being filled in. */
export interface Values {
  readonly arrays: ReadonlyMap<string, Float32Array>;
  /** Put a matrix into the upper left corner of a weight; what it does not reach stays as it was. */
  matrix(name: string, matrix: Matrix): void;
  vector(name: string, values: ArrayLike<number>): void;
  done(): Map<string, Tensor>;
}

/** Start to fill in weights; what nobody fills keeps its value. */
export const valuesFrom = (fresh: ReadonlyMap<string, Tensor>): Values => {
  const arrays = new Map(
    [...fresh].map(([name, one]) => [name, toFloat32('float32', readTensorSync(one)).slice()] as const),
  );
  return {
    arrays,
    matrix: (name, { values, rows, columns }) => {
      const [height = 0, width = 0] = fresh.get(name)!.dims;
      const target = arrays.get(name)!;
      for (let at = 0; at < Math.min(rows, height); at++)
        for (let column = 0; column < Math.min(columns, width); column++)
          target[at * width + column] = values[at * columns + column]!;
    },
    vector: (name, values) => {
      const target = arrays.get(name)!;
      for (let i = 0; i < Math.min(target.length, values.length); i++) target[i] = values[i]!;
    },
    done: () => new Map([...fresh].map(([name, { dims }]) => [name, tensor('float32', dims, arrays.get(name)!)])),
  };
};

const row = (values: Float32Array): Matrix => ({ values, rows: 1, columns: values.length });
/** Values at these places. */
export const picked = (values: Float32Array, at: readonly number[]): Float32Array =>
  Float32Array.from(at, (i) => values[i]!);

/** A teacher's hidden states as the student sees them: x ↦ Bᵀx. Without directions all stays as it is. */
export const viewThrough = (directions: Matrix | null) => {
  const across = directions === null ? null : flipped(directions);
  /** What normalization does to lengths: a vector of all ones has length √width. */
  const stretch = directions === null ? 1 : Math.sqrt(directions.rows / directions.columns);
  return {
    /** A layer that reads hidden states. */
    reading: (weight: Matrix): Matrix => (across === null ? weight : product(across, weight)),
    /** A layer, or a table, that writes them. */
    writing: (weight: Matrix): Matrix => (directions === null ? weight : product(weight, directions)),
    vector: (values: Float32Array): Float32Array =>
      directions === null ? values : product(row(values), directions).values,
    /** The scale of a normalization: the diagonal of Bᵀ diag(scale) B. */
    scale: (values: Float32Array): Float32Array => {
      if (directions === null) return values;
      const { rows, columns } = directions;
      const diagonal = new Float32Array(columns);
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) diagonal[j]! += values[i]! * directions.values[i * columns + j]! ** 2;
      return diagonal.map((value) => value * stretch);
    },
  };
};
export type Through = ReturnType<typeof viewThrough>;
