import { expect, test } from 'vitest';
import type { RunResult, Value, ValueInfo } from '../../contracts/index.ts';
import { chooseOutput, readRows, readScores } from './scores.ts';
import { resultOf } from './testing/text.ts';

const output = (name: string, last: number | string): ValueInfo => ({
  name,
  type: { kind: 'tensor', dtype: 'float32', dims: ['batch', last] },
});
const result = (value: Value): RunResult => ({ outputs: { logits: value }, durationMs: 1, cpuMs: 1 });
const floats = (dims: number[], ...data: number[]): Value => ({
  dtype: 'float32',
  dims,
  data: Float32Array.from(data),
});

test('takes the first output or the named one', () => {
  expect(chooseOutput([output('a', 2), output('b', 'labels')], undefined, 2)).toBe('a');
  expect(chooseOutput([output('a', 2), output('b', 'labels')], 'b', 7)).toBe('b');
  expect(() => chooseOutput([output('a', 2)], 'c', 2)).toThrowError(/no output "c"; it has: a/);
  expect(() => chooseOutput([output('a', 2)], undefined, 3)).toThrowError(
    expect.objectContaining({ code: 'task/head' }),
  );
});

test('reads float32, float64 and float16 rows', () => {
  expect(readScores(result(floats([1, 2], 1, 2)), 'logits', 1, 2)).toEqual(Float32Array.of(1, 2));
  const half: Value = { dtype: 'float16', dims: [1, 2], data: Uint16Array.of(0x3c00, 0x4000) };
  expect(readScores(result(half), 'logits', 1, 2)).toEqual(Float32Array.of(1, 2));
  const double: Value = { dtype: 'float64', dims: [2, 1, 1], data: Float64Array.of(1, 2) };
  expect(readScores(result(double), 'logits', 2, 1)).toEqual(Float32Array.of(1, 2));
});

test.each([
  ['too few rows', floats([1, 2], 1, 2), 'task/output'],
  ['too many classes', floats([2, 3], 1, 2, 3, 4, 5, 6), 'task/output'],
  ['NaN', floats([2, 2], 1, 2, Number.NaN, 4), 'task/not-finite'],
  ['infinity', floats([2, 2], 1, 2, 3, Number.POSITIVE_INFINITY), 'task/not-finite'],
  ['whole numbers', { dtype: 'int32', dims: [2, 2], data: Int32Array.of(1, 2, 3, 4) } as Value, 'task/output'],
])('refuses %s', (_, value, code) => {
  expect(() => readScores(result(value), 'logits', 2, 2)).toThrowError(expect.objectContaining({ code }));
});

test('names the row of the first bad score, and a missing output', () => {
  expect(() => readScores(result(floats([2, 2], 1, 2, Number.NaN, 4)), 'logits', 2, 2)).toThrowError(/row 2/);
  expect(() => readScores(result(floats([1, 2], 1, 2)), 'other', 1, 2)).toThrowError(/no output "other"/);
});

test('rows of any shape, one per row of the batch', () => {
  const given = resultOf({
    y: [
      [2, 2, 1],
      [1, 2, 3, 4],
    ],
    bad: [
      [1, 2],
      [1, Number.NaN],
    ],
  });
  const what = 'numbers';
  expect(readRows(given, 'y', 2, { axes: [3], what }).data).toEqual(Float32Array.of(1, 2, 3, 4));
  expect(() => readRows(given, 'y', 2, { axes: [2], what })).toThrowError(
    /shape \[2, 2, 1\], expected numbers for each of 2 rows/,
  );
  expect(() => readRows(given, 'y', 1, { axes: [3], what })).toThrowError(
    expect.objectContaining({ code: 'task/output' }),
  );
  expect(() => readRows(given, 'z', 1, { axes: [3], what })).toThrowError(/no output "z"; it gave: y, bad/);
  expect(() => readRows(given, 'bad', 1, { axes: [2], what })).toThrowError(
    expect.objectContaining({ code: 'task/not-finite' }),
  );
});
