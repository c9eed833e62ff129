import { expect, test } from 'vitest';
import { viewOf } from '../../testing/attention.ts';
import { model } from '../../testing/quantized.ts';

const sizes = (text: string) => viewOf(model(text)).sizes;

test('an unknown size gets a name of its own, and the name travels', () => {
  const { dims } = sizes(`x: float32[B, S, 8]; n: int64[1]; first = int64[1] {0}; axis = int64[1] {1}
    part = Slice(x, first, n, axis); twice = Add(part, part); y = Relu(twice); -> y: float32[B, S, 8]`);
  const [batch, rows] = dims('part') ?? [];
  expect(batch).toBe('B');
  expect(rows).toMatch(/^\?/);
  expect(dims('y')).toEqual(dims('part'));
});

test('sums of sizes have one name, however they were added up', () => {
  const known = sizes(`p: float32[B, P, 4]; x: float32[B, S, 4]; at = int64[] {1}; r = Concat(p, x) {axis: 1}
    a = Shape(p); a1 = Gather(a, at); b = Shape(x); b1 = Gather(b, at); s1 = Add(a1, b1); s2 = Add(b1, a1); back = Sub(s1, b1)
    -> r: float32[B, T, 4], s1: int64[], s2: int64[], back: int64[]`);
  expect(known.contents('s1')).toEqual(known.contents('s2'));
  expect(known.dims('r')?.[1]).toBe(known.contents('s1')?.[0]);
  expect(known.contents('back')).toEqual(['P']);
  expect(known.sum('P', known.sum('S', 2))).toBe(known.sum(2, known.sum('S', 'P')));
});

test('a shape in which −1 is replaced by Where is followed', () => {
  const known =
    sizes(`x: float32[B, 1, S]; minus = int64[1] {-1}; ones = int64[3] {1, 1, 1}; less = int64[3] {-1, -1, -1}
    s = Shape(x); first = int64[1] {0}; f = Gather(s, first); l = Gather(s, last); last = int64[1] {2}
    want = Concat(f, minus, l) {axis: 0}; open = Equal(want, less); shape = Where(open, ones, want); y = Expand(x, shape)
    -> y: float32[B, 1, S]`);
  expect(known.dims('y')).toEqual(['B', 1, 'S']);
});

test('a table that is cut to a length counts as that long where it is added to something that long', () => {
  const known = sizes(`x: float32[B, S, 8]; table = float32[1, 12, 8] {...}; first = int64[1] {0}; axis = int64[1] {1}
    s = Shape(x); n = Gather(s, axis); cut = Slice(table, first, n, axis); y = Add(x, cut); -> y: float32[B, S, 8]`);
  expect(known.dims('cut')?.[1]).toMatch(/^\?/);
  expect(known.uncut(known.dims('cut')?.[1] ?? null)).toBe('S');
  expect(known.dims('y')).toEqual(['B', 'S', 8]);
});

test('a table that is cut to a length and expanded to it is that long', () => {
  const known = sizes(`x: int64[B, S]; table: int64[1, 12]; first = int64[1] {0}; axis = int64[1] {1}
    s = Shape(x); n = Gather(s, axis); cut = Slice(table, first, n, axis); y = Expand(cut, s); -> y: int64[B, S]`);
  expect(known.dims('y')).toEqual(['B', 'S']);
  // Cut to something else, it is not certain.
  const other = sizes(`x: int64[B, S]; n: int64[1]; table: int64[1, 12]; first = int64[1] {0}; axis = int64[1] {1}
    s = Shape(x); cut = Slice(table, first, n, axis); y = Expand(cut, s); -> y: int64[B, S]`);
  expect(other.dims('y')?.[1]).toMatch(/^\?/);
});

test('what the file states about inner values is not believed', () => {
  const lying = model('x: float32[B, 4]; y = Relu(x); -> y: float32[7, 7]');
  expect(viewOf(lying).sizes.dims('y')).toEqual(['B', 4]);
});
