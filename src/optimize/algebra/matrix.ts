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

/** Whether every value is a finite number: x − x is 0 unless x is NaN or infinite. */
export const isFinite32 = (values: Float32Array): boolean => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! - values[i]!;
  return sum === 0;
};
