/** Columns of both operands that are multiplied at a time. */
const depth = 256;
/** Rows of the second operand that stay in the cache meanwhile. */
const panel = 64;

/** out[i..i+2, j..j+4] += Σ_{p from … to} a[i.., p] · b[j.., p]. */
const addTile = (
  a: Float64Array,
  b: Float64Array,
  out: Float64Array,
  n: number,
  k: number,
  i: number,
  j: number,
  from: number,
  to: number,
): void => {
  const x = i * k;
  const y = x + k;
  const p = j * k;
  const q = p + k;
  const r = q + k;
  const s = r + k;
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  for (let at = from; at < to; at++) {
    const u = a[x + at]!;
    const v = a[y + at]!;
    const b0 = b[p + at]!;
    const b1 = b[q + at]!;
    const b2 = b[r + at]!;
    const b3 = b[s + at]!;
    s00 += u * b0;
    s01 += u * b1;
    s02 += u * b2;
    s03 += u * b3;
    s10 += v * b0;
    s11 += v * b1;
    s12 += v * b2;
    s13 += v * b3;
  }
  const top = i * n + j;
  out[top]! += s00;
  out[top + 1]! += s01;
  out[top + 2]! += s02;
  out[top + 3]! += s03;
  out[top + n]! += s10;
  out[top + n + 1]! += s11;
  out[top + n + 2]! += s12;
  out[top + n + 3]! += s13;
};

const addOne = (
  a: Float64Array,
  b: Float64Array,
  out: Float64Array,
  n: number,
  k: number,
  i: number,
  j: number,
  from: number,
  to: number,
): void => {
  let sum = 0;
  for (let at = from; at < to; at++) sum += a[i * k + at]! * b[j * k + at]!;
  out[i * n + j]! += sum;
};

/** a · bᵀ: rows against rows, which is how a product reads memory in its own order.
 *  Shapes: a [m, k], b [n, k] → [m, n], row-major. `lower`: m = n and only elements on and below the diagonal are asked for; those above it
 *  may hold anything. */
export const timesTransposed = (
  a: Float64Array,
  m: number,
  b: Float64Array,
  n: number,
  k: number,
  lower = false,
): Float64Array => {
  const out = new Float64Array(m * n);
  for (let from = 0; from < k; from += depth) {
    const to = Math.min(k, from + depth);
    for (let left = 0; left < n; left += panel) {
      const right = Math.min(n, left + panel);
      // Everything above row `left` lies above the diagonal.
      let i = lower ? left : 0;
      for (; i + 2 <= m; i += 2) {
        let j = left;
        for (; j + 4 <= right; j += 4) addTile(a, b, out, n, k, i, j, from, to);
        for (; j < right; j++) {
          addOne(a, b, out, n, k, i, j, from, to);
          addOne(a, b, out, n, k, i + 1, j, from, to);
        }
      }
      for (; i < m; i++) for (let j = left; j < right; j++) addOne(a, b, out, n, k, i, j, from, to);
    }
  }
  return out;
};

/** [rows, columns] → [columns, rows] in float64, in tiles that stay in the cache. */
export const transposed64 = (matrix: Float64Array | Float32Array, rows: number, columns: number): Float64Array => {
  const source = matrix instanceof Float64Array ? matrix : new Float64Array(matrix);
  const result = new Float64Array(source.length);
  const tile = 32;
  for (let top = 0; top < rows; top += tile)
    for (let left = 0; left < columns; left += tile) {
      const bottom = Math.min(rows, top + tile);
      const right = Math.min(columns, left + tile);
      for (let row = top; row < bottom; row++)
        for (let column = left; column < right; column++) result[column * rows + row] = source[row * columns + column]!;
    }
  return result;
};
