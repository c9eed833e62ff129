import { expect, test } from 'vitest';
import type { RunResult } from '../../contracts/index.ts';
import { compareOutputs } from './compare.ts';

const run = (...numbers: number[]): RunResult[] => [
  {
    outputs: { y: { dtype: 'float32', dims: [numbers.length], data: Float32Array.from(numbers) } },
    durationMs: 1,
    cpuMs: 1,
  },
];

test('relative distance of all outputs', () => {
  expect(compareOutputs(run(3, 4), run(3, 4)).relativeError).toBe(0);
  expect(compareOutputs(run(3, 4), run(3, 5)).relativeError).toBeCloseTo(0.2, 6);
  expect(compareOutputs(run(1, NaN), run(1, NaN)).relativeError).toBe(0);
  expect(compareOutputs(run(1, 2), run(1, NaN)).relativeError).toBe(Number.POSITIVE_INFINITY);
});

test('other shapes and other integers are faults', () => {
  expect(() => compareOutputs(run(1, 2), run(1))).toThrow('y is float32[1], not float32[2]');
  const ids = (value: bigint): RunResult[] => [
    { outputs: { y: { dtype: 'int64', dims: [1], data: BigInt64Array.of(value) } }, durationMs: 1, cpuMs: 1 },
  ];
  expect(compareOutputs(ids(1n), ids(1n)).relativeError).toBe(0);
  expect(() => compareOutputs(ids(1n), ids(2n))).toThrow('y holds other values');
});
