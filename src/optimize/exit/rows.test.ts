import { expect, test } from 'vitest';
import { context, model } from '../testing/quantized.ts';
import { rowInputs, rowsAreIndependent, takeRows } from './rows.ts';
import { vectorRows } from './testing/rows.ts';

const rows = vectorRows(5, 2, () => null);

test('takes rows of any type', () => {
  expect(takeRows({ dtype: 'float32', dims: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) }, [2, 0])).toEqual({
    dtype: 'float32',
    dims: [2, 2],
    data: Float32Array.of(5, 6, 1, 2),
  });
  expect(takeRows({ dtype: 'int64', dims: [2], data: BigInt64Array.of(7n, 8n) }, [1]).data).toEqual(
    BigInt64Array.of(8n),
  );
  expect(takeRows({ dtype: 'string', dims: [2, 1], data: ['a', 'b'] }, [1])).toEqual({
    dtype: 'string',
    dims: [1, 1],
    data: ['b'],
  });
});

test('knows which inputs hold rows', () => {
  expect(rowInputs(rows, ['x'])).toEqual(new Set(['x']));
  expect(rowInputs(rows, ['x', 'z'])).toMatch(/no values for the input z/);
  const fixed = {
    ...rows,
    feeds: (some: readonly number[]) => ({
      ...rows.feeds(some),
      k: { dtype: 'float32' as const, dims: [4], data: new Float32Array(4) },
    }),
  };
  expect(rowInputs(fixed, ['x', 'k'])).toEqual(new Set(['x']));
  const mixed = {
    ...rows,
    feeds: (some: readonly number[]) => ({
      k: { dtype: 'float32' as const, dims: [2, some.length], data: new Float32Array(2 * some.length) },
    }),
  };
  expect(rowInputs(mixed, ['k'])).toMatch(/depends on the batch/);
});

test('tells whether rows depend on each other', async () => {
  const world = await context();
  const own = model('x: float32[N, 2]; y = Tanh(x)');
  const other = model('x: float32[N, 2]; m = ReduceMean(x) {axes: [0]}; y = Sub(x, m)');
  expect(await rowsAreIndependent(own, 'y', rows, new Set(['x']), world)).toBe(true);
  expect(await rowsAreIndependent(other, 'y', rows, new Set(['x']), world)).toBe(false);
});
