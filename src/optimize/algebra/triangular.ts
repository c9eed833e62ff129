/** Solve Lᵀ · X = B in place: B becomes X = L⁻ᵀ · B.
 *  Shapes: lower [n, n] row-major, of which the lower triangle is read; b [n, columns]. A zero on the diagonal gives infinities. */
export const solveTransposed = (lower: Float64Array, n: number, b: Float64Array, columns: number): void => {
  // A strip of columns stays in the cache while all rows pass over it.
  const strip = 64;
  for (let left = 0; left < columns; left += strip) {
    const right = Math.min(columns, left + strip);
    for (let i = n - 1; i >= 0; i--) {
      const pivot = lower[i * n + i]!;
      const here = i * columns;
      for (let column = left; column < right; column++) b[here + column]! /= pivot;
      for (let j = 0; j < i; j++) {
        const factor = lower[i * n + j]!;
        if (factor === 0) continue;
        const there = j * columns;
        for (let column = left; column < right; column++) b[there + column]! -= factor * b[here + column]!;
      }
    }
  }
};
