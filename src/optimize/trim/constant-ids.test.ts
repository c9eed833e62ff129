import { expect, test } from 'vitest';
import { float32, inline } from '../linear.ts';
import { context } from '../testing/quantized.ts';
import { idsOfConstant, integersOf, mapConstant } from './constant-ids.ts';

test('maps ids and leaves what is none', async () => {
  const world = await context();
  const long = inline('int64', [3], BigInt64Array.of(5n, -1n, 900n));
  expect(await idsOfConstant(long, world)).toEqual([5, -1, 900]);
  expect(integersOf(long)).toEqual([5, -1, 900]);
  const mapped = await mapConstant(long, new Map([[5, 2]]), world);
  expect([mapped.dtype, mapped.dims, await idsOfConstant(mapped, world)]).toEqual(['int64', [3], [2, -1, 900]]);
  const short = await mapConstant(inline('int32', [], Int32Array.of(5)), new Map([[5, 2]]), world);
  expect([short.dtype, short.dims, await idsOfConstant(short, world)]).toEqual(['int32', [], [2]]);
});

test('floats are no ids', async () => {
  const float = float32([1], Float32Array.of(1));
  expect(await idsOfConstant(float, await context())).toBeNull();
  expect(integersOf(float)).toBeNull();
});
