import { expect, test } from 'vitest';
import type { Predictions, Value } from '../../../contracts/index.ts';
import { exampleOf } from '../testing/text.ts';
import { judgeOutputs } from './outputs.ts';

const predictions = (...rows: readonly (readonly number[])[]): Predictions => ({
  labels: [],
  predicted: new Int32Array(),
  scores: Float32Array.from(rows.flat()),
  sizes: Int32Array.from(rows, ({ length }) => length),
  truncated: 0,
});
const value = (...data: number[]): Value => ({ dtype: 'float64', dims: [data.length], data: Float64Array.from(data) });
const judging = judgeOutputs(['y']);

test('without references the original’s outputs are the right ones, whatever their sizes', () => {
  const examples = [exampleOf({ id: '1' }), exampleOf({ id: '2' })];
  const original = predictions([3, 4], [0, 1, 0]);
  const own = judging.judge(examples, original, original);
  expect([...own.values()]).toEqual([0, 1, 0]);
  expect(own.caveat).toMatch(/original/);
  const other = judging.judge(examples, predictions([3, 4], [1, 0, 0]), original);
  expect([...other.values()]).toEqual([expect.closeTo(Math.sqrt(2 / 26), 12), 0.5, 1]);
  expect([...other.values([1, 0])]).toEqual([0, 1, 0]);
});

test('with references both sides are held against them', () => {
  const examples = [exampleOf({ gold: { outputs: { y: value(1, 2) } } })];
  const given = predictions([1, 4]);
  expect([...judging.judge(examples, given, given).values()]).toEqual([
    expect.closeTo(2 / Math.sqrt(5), 12),
    expect.closeTo(9 / Math.sqrt(5 * 17), 12),
    2,
  ]);
});

test('refuses references of another output or size', () => {
  expect(() => judging.check([exampleOf({ gold: { outputs: { z: value(1) } } })], 'data')).toThrowError(
    /no reference for the output "y"/,
  );
  const given = predictions([1, 4]);
  expect(() => judging.judge([exampleOf({ gold: { outputs: { y: value(1) } } })], given, given)).toThrowError(
    /gives 2 numbers, the reference has 1/,
  );
});
