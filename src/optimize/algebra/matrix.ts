/** [rows, columns] → [columns, rows], in tiles that stay in the cache. */
export const transposed = (matrix: Float32Array, rows: number, columns: number): Float32Array => {
  const result = new Float32Array(matrix.length);
  const tile = 32;
  for (let top = 0; top < rows; top += tile)
    for (let left = 0; left < columns; left += tile) {
      const bottom = Math.min(rows, top + tile);
      const right = Math.min(columns, left + tile);
      for (let row = top; row < bottom; row++)
        for (let column = left; column < right; column++) result[column * rows + row] = matrix[row * columns + column]!;
    }
  return result;
};

/** Values that one call of a hot loop takes: a function that is called often is compiled for speed after a few of its calls. */
const stretch = 8192;

/** Σ x − x between two places, a multiple of four apart: four sums at a time, so that none waits for another. */
const differences = (values: Float32Array, from: number, to: number): number => {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = from; i < to; i += 4) {
    a += values[i]! - values[i]!;
    b += values[i + 1]! - values[i + 1]!;
    c += values[i + 2]! - values[i + 2]!;
    d += values[i + 3]! - values[i + 3]!;
  }
  return a + b + c + d;
};

/** Whether every value is a finite number: x − x is 0 unless x is NaN or infinite. */
export const isFinite32 = (values: Float32Array): boolean => {
  const even = values.length - (values.length % 4);
  let sum = 0;
  for (let from = 0; from < even; from += stretch) sum += differences(values, from, Math.min(even, from + stretch));
  for (let i = even; i < values.length; i++) sum += values[i]! - values[i]!;
  return sum === 0;
};
