import { expect, test } from 'vitest';
import { toFloat32 } from '../../model/tensor/index.ts';
import { float32, inline } from '../linear.ts';
import { context } from '../testing/quantized.ts';
import { cutAxis, meanRow } from './cut.ts';

const table = float32([4, 2], Float32Array.of(0, 1, 10, 11, 20, 21, 30, 31));

test('takes rows, columns, and one more at the end', async () => {
  const world = await context();
  const values = async (axis: number, entries: number[], extra: Uint8Array | null = null) => {
    const cut = await cutAxis(table, axis, entries, world, extra);
    return [cut.dims, [...toFloat32('float32', await world.bytes(cut))]];
  };
  expect(await values(0, [0, 3])).toEqual([
    [2, 2],
    [0, 1, 30, 31],
  ]);
  expect(await values(1, [1])).toEqual([
    [4, 1],
    [1, 11, 21, 31],
  ]);
  expect(await values(0, [2], await meanRow(table, [0, 1], world))).toEqual([
    [2, 2],
    [20, 21, 5, 6],
  ]);
});

test('rows that are no numbers take no part in the mean', async () => {
  const world = await context();
  const broken = float32([3, 2], Float32Array.of(Number.NaN, 1, 10, 11, Number.POSITIVE_INFINITY, 0));
  const mean = async (rows: number[]) => [...new Float32Array((await meanRow(broken, rows, world)).buffer)];
  expect(await mean([0, 1, 2])).toEqual([10, 11]);
  expect(await mean([0, 2])).toEqual([0, 0]);
  const cut = await cutAxis(broken, 0, [0], world);
  expect([...toFloat32('float32', await world.bytes(cut))]).toEqual([Number.NaN, 1]);
});

test('four-bit rows go by whole bytes', async () => {
  const world = await context();
  const packed = inline('uint4', [3, 4], Uint8Array.of(0x10, 0x32, 0x54, 0x76, 0x98, 0xba));
  const cut = await cutAxis(packed, 0, [0, 2], world);
  expect(cut.dims).toEqual([2, 4]);
  expect([...(await world.bytes(cut))]).toEqual([0x10, 0x32, 0x98, 0xba]);
});

test('a stop is heard', async () => {
  const world = { ...(await context()), signal: AbortSignal.abort() };
  await expect(cutAxis(table, 0, [0], world)).rejects.toThrow(/stopped/);
});
