import { expect, test } from 'vitest';
import type { Node } from '../../contracts/index.ts';
import { tensor } from '../tensor/index.ts';
import {
  describe,
  float,
  floatOf,
  floats,
  int,
  intOf,
  ints,
  intsOf,
  labelOf,
  str,
  stringOf,
  strs,
  tensorOf,
  tensorValue,
} from './index.ts';

const node = (attributes: Node['attributes'], name = 'n'): Node => ({
  name,
  op: 'Op',
  domain: '',
  inputs: [],
  outputs: ['', 'y'],
  attributes,
});

test('values go in and come out', () => {
  const t = tensor('int8', [1], Int8Array.of(3));
  const all = node({
    a: int(-3),
    b: ints([1, 2n]),
    c: float(0.1),
    d: str('ä'),
    e: tensorValue(t),
    f: floats([1]),
    g: strs(['x']),
  });
  expect(intOf(all, 'a', 0)).toBe(-3);
  expect(intsOf(all, 'b', null)).toEqual([1, 2]);
  expect(floatOf(all, 'c', 0)).toBe(Math.fround(0.1));
  expect(stringOf(all, 'd', '')).toBe('ä');
  expect(tensorOf(all, 'e')).toBe(t);
});

test('absent values are the fallback, wrong kinds a coded error that names the node', () => {
  const one = node({ a: str('x') });
  expect([
    intOf(one, 'z', 7),
    intsOf(one, 'z', null),
    floatOf(one, 'z', null),
    stringOf(one, 'z', 's'),
    tensorOf(one, 'z'),
  ]).toEqual([7, null, null, 's', null]);
  for (const read of [
    () => intOf(one, 'a', 0),
    () => intsOf(one, 'a', []),
    () => floatOf(one, 'a', 0),
    () => tensorOf(one, 'a'),
  ])
    expect(read).toThrow(
      expect.objectContaining({ code: 'model/attribute', message: expect.stringContaining('n: attribute "a"') }),
    );
});

test('int64 ends clamp to exact numbers', () => {
  expect(intOf(node({ a: int(9223372036854775807n) }), 'a', 0)).toBe(Number.MAX_SAFE_INTEGER);
  expect(intOf(node({ a: int(-9223372036854775808n) }), 'a', 0)).toBe(-Number.MAX_SAFE_INTEGER);
});

test('unnamed nodes are told by their output', () => {
  expect([labelOf(node({})), labelOf(node({}, ''))]).toEqual(['n', 'y']);
  expect(describe(node({}, ''))).toContain('Op');
});
