import { expect, test } from 'vitest';
import type { RunResult } from '../../../contracts/index.ts';
import { distance } from './agreement.ts';

const run = (rows: number, ...numbers: number[]): RunResult => ({
  outputs: { y: { dtype: 'float32', dims: [rows, numbers.length / rows], data: Float32Array.from(numbers) } },
  durationMs: 1,
  cpuMs: 1,
});

test('relative error and the share of rows with the same largest element', () => {
  const sum = distance();
  sum.add(run(2, 3, 4, 0, 5), run(2, 3, 4, 0, 5));
  expect(sum.result()).toEqual({ error: 0, agreement: 1 });
  sum.add(run(2, 3, 4, 0, 5), run(2, 4, 3, 0, 5));
  const { error, agreement } = sum.result();
  expect(error).toBeCloseTo(Math.sqrt(2 / 100), 6);
  expect(agreement).toBe(0.75);
});

test('a NaN that the original does not have is as far as can be; masks that agree are not', () => {
  const bad = distance();
  bad.add(run(1, 1, 2), run(1, 1, Number.NaN));
  expect(bad.result().error).toBe(Number.POSITIVE_INFINITY);
  const masked = distance();
  masked.add(run(1, 1, Number.NEGATIVE_INFINITY), run(1, 1, Number.NEGATIVE_INFINITY));
  expect(masked.result()).toEqual({ error: 0, agreement: 1 });
  const shorter = distance();
  shorter.add(run(1, 1, 2), run(1, 1));
  expect(shorter.result().error).toBe(Number.POSITIVE_INFINITY);
});
