import { expect, test } from 'vitest';
import { reach } from './testing/reach.ts';

const made = 'x: float32[N, S, 3]; w = float32[3, 4] {...}; h = MatMul(x, w)';
const end = (rank: string, size = 4): string =>
  `v = float32[${size}, 1] {...}; y = MatMul(e, v)\n-> y: float32[${rank}]`;
const four = [0, 1, 2, 3];

test('Transpose, Squeeze, Unsqueeze, Expand and Tile move axes', () => {
  const moved = `${made}; one = int64[1] {1}; u = Unsqueeze(h, one); t = Transpose(u) {perm: [1, 3, 0, 2]}; q = Transpose(t) {perm: [2, 0, 3, 1]}; e = Squeeze(q, one); ${end('N, S, 1')}`;
  expect(reach(moved, 'h', 2, four)).toMatchObject({ u: { 3: four }, t: { 1: four }, q: { 3: four }, e: { 2: four } });
  expect(reach(moved, 'e', 2, four)).toMatchObject({ h: { 2: four }, w: { 1: four } });
  const wide = `${made}; one = int64[1] {1}; u = Unsqueeze(h, one); shape = int64[4] {1, 5, 1, 4}; e = Expand(u, shape); ${end('N, 5, S, 1')}`;
  expect(reach(wide, 'h', 2, four)).toMatchObject({ e: { 3: four } });
  const tiled = `x: float32[2, 3]; w = float32[3, 4] {...}; h = MatMul(x, w); r = int64[2] {1, 2}; e = Tile(h, r); ${end('2, 1', 8)}`;
  expect(reach(tiled, 'h', 1, four)).toMatchObject({ e: { 1: [...four, ...four] } });
});

test('Split, Slice and Concat take and join parts', () => {
  const split = `${made}; parts = int64[2] {1, 3}; a, b = Split(h, parts) {axis: -1}; e = Concat(b, a) {axis: 2}; ${end('N, S, 1')}`;
  expect(reach(split, 'h', 2, four)).toMatchObject({ a: { 2: [0] }, b: { 2: [1, 2, 3] }, e: { 2: [1, 2, 3, 0] } });
  expect(reach(split, 'a', 2, [7])).toMatchObject({ h: { 2: [7, -1, -1, -1] }, e: { 2: [-1, -1, -1, 7] } });
  const slice = `${made}; from = int64[1] {1}; to = int64[1] {-1}; axis = int64[1] {2}; e = Slice(h, from, to, axis); ${end('N, S, 1', 2)}`;
  expect(reach(slice, 'h', 2, four)).toMatchObject({ e: { 2: [1, 2] } });
  expect(reach(slice, 'e', 2, [0, 1])).toMatchObject({ h: { 2: [-1, 0, 1, -1] }, w: { 1: [-1, 0, 1, -1] } });
});

test('Gather from a table cuts its columns; places of the axis are not picked', () => {
  const table = `ids: int64[N, S]; table = float32[9, 4] {...}; h = Gather(table, ids); e = Relu(h); ${end('N, S, 1')}`;
  expect(reach(table, 'h', 2, four)).toMatchObject({ table: { 1: four } });
  const picked = `${made}; i = int64[] {1}; g = Gather(h, i) {axis: 2}; y = Relu(g)\n-> y: float32[N, S]`;
  expect(reach(picked, 'h', 2, four)).toContain('picks places of the axis');
  const row = `${made}; i = int64[] {0}; e = Gather(h, i) {axis: 1}; ${end('N, 1')}`;
  expect(reach(row, 'h', 2, four)).toMatchObject({ e: { 1: four } });
});
