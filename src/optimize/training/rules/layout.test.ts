import { expect, test } from 'vitest';
import { gradientError, type Check } from '../testing/differences.ts';

const f = 'float64';
const x234 = { x: [2, 3, 4] };

// Squares behind the moved values, so that a gradient at the wrong place shows.
test.each<[string, Check['shapes']]>([
  [`x: ${f}[2, 3, 4]; s = int64[2] {0, -1}; r = Reshape(x, s); y = Mul(r, r); -> y: ${f}[2, 12]`, x234],
  [`x: ${f}[N, S, 4]; s = int64[4] {0, 0, 2, 2}; r = Reshape(x, s); y = Mul(r, r); -> y: ${f}[N, S, 2, 2]`, x234],
  [`x: ${f}[2, 3, 4]; r = Flatten(x) {axis: 2}; y = Mul(r, r); -> y: ${f}[6, 4]`, x234],
  [`x: ${f}[2, 3, 4]; a = int64[2] {0, -1}; r = Unsqueeze(x, a); y = Mul(r, r); -> y: ${f}[1, 2, 3, 4, 1]`, x234],
  [`x: ${f}[2, 1, 4]; r = Squeeze(x); y = Mul(r, r); -> y: ${f}[2, 4]`, { x: [2, 1, 4] }],
  [`x: ${f}[2, 3, 4]; r = Transpose(x); y = Mul(r, r); -> y: ${f}[4, 3, 2]`, x234],
  [`x: ${f}[2, 3, 4]; r = Transpose(x) {perm: [2, 0, 1]}; y = Mul(r, r); -> y: ${f}[4, 2, 3]`, x234],
  [
    `x: ${f}[2, 1, 4]; s = int64[4] {5, 2, 3, 1}; r = Expand(x, s); y = Mul(r, r); -> y: ${f}[5, 2, 3, 4]`,
    { x: [2, 1, 4] },
  ],
  [`x: ${f}[?, ?]; s: int64[K]; r = Expand(x, s); y = Mul(r, r); -> y: ${f}[?, ?, ?]`, { x: [1, 4], s: [3] }],
  [
    `a: ${f}[2, 3]; b: ${f}[2, N]; r = Concat(a, b) {axis: -1}; y = Mul(r, r); -> y: ${f}[2, M]`,
    { a: [2, 3], b: [2, 2] },
  ],
  [`a: ${f}[2, 3]; r = Concat(a) {axis: 0}; y = Mul(r, r); -> y: ${f}[2, 3]`, { a: [2, 3] }],
  [
    `x: ${f}[2, 5]; s = int64[2] {2, 3}; a, b = Split(x, s) {axis: 1}; c = Mul(a, a); d = Mul(b, b); -> c: ${f}[2, 2], d: ${f}[2, 3]`,
    { x: [2, 5] },
  ],
  [`x: ${f}[2, 4]; a, b = Split(x) {axis: -1}; y = Mul(b, b); -> y: ${f}[2, 2]`, { x: [2, 4] }],
  [
    `x: ${f}[N, 6]; s = int64[1] {1}; e = int64[1] {5}; a = int64[1] {1}; r = Slice(x, s, e, a); y = Mul(r, r); -> y: ${f}[N, 4]`,
    { x: [2, 6] },
  ],
  [
    `x: ${f}[N, 6]; s = int64[2] {-1, 5}; e = int64[2] {-99, 0}; a = int64[2] {0, 1}; t = int64[2] {-1, -2}; r = Slice(x, s, e, a, t); y = Mul(r, r); -> y: ${f}[N, 3]`,
    { x: [3, 6] },
  ],
  [
    `x: ${f}[5, 6]; s = int64[2] {-3, 1}; e = int64[2] {99, 4}; r = Slice(x, s, e); y = Mul(r, r); -> y: ${f}[3, 3]`,
    { x: [5, 6] },
  ],
  [
    `x: ${f}[N, 6]; s = int64[1] {2}; e = int64[1] {99}; a = int64[1] {0}; r = Slice(x, s, e, a); y = Mul(r, r); -> y: ${f}[M, 6]`,
    { x: [5, 6] },
  ],
  [`x: ${f}[2, 3]; t = int64[2] {3, 2}; r = Tile(x, t); y = Mul(r, r); -> y: ${f}[6, 6]`, { x: [2, 3] }],
  [`x: ${f}[N, 3]; t: int64[2]; r = Tile(x, t); y = Mul(r, r); -> y: ${f}[M, K]`, { x: [2, 3] }],
])('%s', async (text, shapes) => {
  const s = { dtype: 'int64', dims: [3], data: BigInt64Array.of(2n, 3n, 4n) } as const;
  const t = { dtype: 'int64', dims: [2], data: BigInt64Array.of(1n, 4n) } as const;
  expect(await gradientError({ text, shapes, values: { s, t } })).toBeLessThan(1e-6);
  const old = { text, shapes, values: { s, t }, opset: 13 };
  expect(await gradientError(old)).toBeLessThan(1e-6);
});
