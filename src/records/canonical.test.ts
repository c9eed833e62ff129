import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, digestOf, digestOfBytes, parseCanonical } from './canonical.ts';

test('key order does not matter, array order does', () => {
  expect(canonicalJson({ b: 1, a: { d: [1, 2], c: null } })).toBe('{"a":{"c":null,"d":[1,2]},"b":1}');
  expect(digestOf({ x: 1, y: 2 })).toBe(digestOf({ y: 2, x: 1 }));
  expect(digestOf([1, 2])).not.toBe(digestOf([2, 1]));
});

test('the digest of the empty text is the published one', () => {
  expect(digestOfBytes('')).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

test('keys sort as RFC 8785 section 3.2.3 says', () => {
  const keys = Object.keys(
    JSON.parse(canonicalJson({ '€': 1, '\r': 2, '\ufb33': 3, '1': 4, '😀': 5, '\u0080': 6, ö: 7 })) as object,
  );
  expect(canonicalJson({ '€': 1, '\r': 2, '\ufb33': 3, '1': 4, '😀': 5, '\u0080': 6, ö: 7 })).toBe(
    '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
  );
  expect(keys).toHaveLength(7);
});

test('undefined keys vanish; infinities and NaN survive', () => {
  expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  const value = { high: Infinity, low: -Infinity, odd: NaN, plain: { $number: 'seven' } };
  expect(parseCanonical(canonicalJson(value))).toEqual(value);
});

test.each([
  ['a bigint', { a: 1n }, 'value.a: a bigint'],
  ['a map', { a: [new Map()] }, 'value.a[0]: a Map'],
  ['a typed array', new Uint8Array(2), 'value: a Uint8Array'],
  ['a function', { f: () => 1 }, 'value.f: a function'],
])('%s is refused with its place', (_name, value, message) => {
  expect(() => canonicalJson(value)).toThrow(message);
});

test('a cycle ends in an error', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  expect(() => canonicalJson(cycle)).toThrow('or a cycle');
});

test('any JSON value comes back, and canonical text is a fixed point', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(canonicalJson(parseCanonical(text))).toBe(text);
      expect(parseCanonical(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 300, seed: 7 },
  );
});
