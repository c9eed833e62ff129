import { expect, test } from 'vitest';
import { sameAtOnce } from './same-at-once.ts';
import { workedMs } from './work.ts';

test.each<[string, unknown, unknown]>([
  ['bytes', Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
  ['parts of larger buffers', Uint16Array.of(9, 1, 2).subarray(1), Uint16Array.of(1, 2)],
  ['floats, not-a-number too', Float32Array.of(1, Number.NaN), Float32Array.of(1, Number.NaN)],
  ['lists of numbers and texts', [1, 'a', Number.NaN], [1, 'a', Number.NaN]],
])('the same: %s', (_, a, b) => {
  expect(sameAtOnce(a, b)).toBe(true);
});

test.each<[string, unknown, unknown]>([
  ['another value', Uint8Array.of(1, 2), Uint8Array.of(1, 3)],
  ['another length', Uint8Array.of(1, 2), Uint8Array.of(1)],
  ['another type', Uint8Array.of(1, 2), Int8Array.of(1, 2)],
  ['zeros of both signs', [0], [-0]],
  ['a hole', [1, , 2], [1, undefined, 2]], // oxlint-disable-line no-sparse-arrays
  ['objects within', [{}], [{}]],
  ['another property', Object.assign([1], { index: 0 }), [1]],
  ['no lists', { a: 1 }, { a: 1 }],
  ['nothing', null, null],
])('left to others: %s', (_, a, b) => {
  expect(sameAtOnce(a, b)).toBeUndefined();
});

test('expect asks it first, within objects too, and still sees a difference', () => {
  const bytes = (last: number): Uint8Array => new Uint8Array(500_000).fill(last, 499_999);
  const start = workedMs();
  expect({ a: [bytes(1)] }).toEqual({ a: [bytes(1)] });
  expect(Array.from(bytes(1).subarray(400_000))).toStrictEqual(Array.from(bytes(1).subarray(400_000)));
  expect(workedMs() - start).toBeLessThan(1_000);
  expect(() => expect({ a: [Uint8Array.of(1)] }).toEqual({ a: [Uint8Array.of(2)] })).toThrow('to deeply equal');
  expect([0]).not.toEqual([-0]);
});
