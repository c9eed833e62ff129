import { expect, test } from 'vitest';
import { edit } from '../../model/graph/index.ts';
import { model } from '../testing/quantized.ts';
import { findBuffers, findPositionTables } from './position-tables.ts';

const start = `ids: int64[B, S]; words = float32[50, 8]{...}; p = float32[24, 8]{...}; zero = int64[] {0}; one = int64[] {1}; row = int64[1] {0}
  shape = Shape(ids); n = Gather(shape, one); e = Unsqueeze(n, row); r = Range(zero, n, one); a = Gather(words, ids);`;
const find = (text: string) => {
  const found = findPositionTables(edit(model(`${start} ${text}`)));
  return 'reason' in found
    ? found.reason
    : found.map(({ name, axis, rows, highest }) => ({ name, axis, rows, highest }));
};

test('looked up by a range, or cut to the length', () => {
  const highest = { length: -1, fixed: null };
  expect(find('g = Gather(p, r); y = Add(a, g); -> y')).toEqual([{ name: 'p', axis: 0, rows: 24, highest }]);
  expect(find('g = Slice(p, row, e, row); y = Add(a, g); -> y')).toEqual([{ name: 'p', axis: 0, rows: 24, highest }]);
});

test.each([
  ['y = Neg(a); -> y', /rotary and relative positions have none/],
  ['g = Gather(p, r); m = Neg(p); h = Add(a, g); y = Add(h, h); -> y, m', /also used by m/],
  [
    'k = int64[24] {0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23}; g = Gather(p, k); y = Neg(g); -> y, a',
    /one length only/,
  ],
])('refuses %s', (text, reason) => {
  expect(find(text)).toMatch(reason);
});

test('buffers that are only read up to the length', () => {
  const values = Array.from({ length: 24 }, (_, at) => at).join();
  const buffers = (text: string) =>
    findBuffers(edit(model(`${start} one1 = int64[1] {1}; b = int64[1, 24] {${values}}; ${text}`)), 24).map(
      ({ name, axis }) => [name, axis],
    );
  expect(buffers('s = Slice(b, row, e, one1); y = Gather(p, s); -> y, a')).toEqual([['b', 1]]);
  expect(buffers('s = Slice(b, row, e, one1); t = Identity(b); y = Gather(p, s); -> y, a, t')).toEqual([]);
});
