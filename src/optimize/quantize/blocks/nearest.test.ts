import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../contracts/index.ts';
import { tensor } from '../../../model/tensor/index.ts';
import { context } from '../../testing/quantized.ts';
import { assembly } from './assemble.ts';
import { canRound, createRounder } from './nearest.ts';
import { packColumns } from './pack.ts';
import { roundBlocks, topOf } from './rtn.ts';
import type { Stored } from './slabs.ts';
import { normals } from './testing/matrices.ts';
import type { BlockScheme } from './types.ts';

const turned = (values: Float32Array, k: number, n: number): Float32Array =>
  Float32Array.from(values, (_, at) => values[(at % k) * n + Math.floor(at / k)]!);

const storedOf = (values: Float32Array, k: number, n: number, transB: boolean, alpha = 1): Stored => {
  const weight: Tensor = transB ? tensor('float32', [n, k], turned(values, k, n)) : tensor('float32', [k, n], values);
  return { weight, transB, alpha, k, n };
};

/** Codes one by one of packed ones [n, blocks, bytes]. */
const unpacked = (codes: Uint8Array, { bits }: BlockScheme): number[] =>
  [...codes].flatMap((byte) => Array.from({ length: 8 / bits }, (_, i) => (byte >> (i * bits)) & (2 ** bits - 1)));

describe.each(
  ([2, 4, 8] as const).flatMap((bits) => [true, false].map((symmetric) => ({ bits, blockSize: 16, symmetric }))),
)('$bits bits, symmetric $symmetric', (scheme) => {
  test.each([
    [64, 32, false],
    [50, 17, false],
    [33, 21, true],
    [7, 16, true],
    [300, 40, false],
  ])('K=%i N=%i, stored by column %s: as round to nearest does it', async (k, n, transB) => {
    const values = normals(k * n, `${k} ${n}`);
    const blocks = Math.ceil(k / scheme.blockSize);
    const found = (await createRounder(scheme, await context()).operands(storedOf(values, k, n, transB)))!;
    const plain = roundBlocks(values, n, scheme);
    const expected = assembly(k, n, scheme, 'nbits');
    const codes = packColumns(plain.codes, plain.zeros, n, scheme);
    expected.place({ ...plain, codes, finite: true }, k, n, 0, 0);
    const { scales, zeros } = expected.done();
    expect(found.scales.length).toBe(n * blocks);
    for (const [at, scale] of found.scales.entries()) expect(Math.abs(scale / scales[at]! - 1)).toBeLessThan(2e-7);
    expect(found.zeros).toEqual(zeros);
    // Halfway between two codes both are as near.
    const [mine, theirs] = [unpacked(found.codes, scheme), unpacked(codes, scheme)];
    expect(mine).toHaveLength(theirs.length);
    const other = mine.filter((code, at) => code !== theirs[at]);
    expect(other.length).toBeLessThanOrEqual(mine.length / 1000);
  });
});

const scheme: BlockScheme = { bits: 4, blockSize: 32, symmetric: false };

test('a weight of several slabs, either way, and one behind another in the same memory', async () => {
  const [k, n] = [2100, 1500];
  const values = normals(k * n, 'slabs');
  const rounder = createRounder(scheme, await context());
  const rows = (await rounder.operands(storedOf(values, k, n, false)))!;
  const small = (await rounder.operands(storedOf(values.slice(0, 64 * 32), 64, 32, false)))!;
  const columns = (await rounder.operands(storedOf(values, k, n, true)))!;
  for (const key of ['codes', 'scales', 'zeros'] as const) {
    const [one, other] = [rows[key]!, columns[key]!];
    expect(Buffer.compare(Buffer.from(one.buffer), Buffer.from(other.buffer)), key).toBe(0);
  }
  expect(small).toEqual(
    await createRounder(scheme, await context()).operands(storedOf(values.slice(0, 2048), 64, 32, false)),
  );
});

test('alpha multiplies; the largest and smallest numbers keep finite scales; zeros stay zeros', async () => {
  const rounder = createRounder(scheme, await context());
  const values = normals(64 * 16, 'alpha');
  const twice = values.map((one) => one * 2);
  expect(await rounder.operands(storedOf(values, 64, 16, false, 2))).toEqual(
    await rounder.operands(storedOf(twice, 64, 16, false)),
  );
  const extreme = Float32Array.from({ length: 32 * 16 }, (_, at) => (at % 3 === 0 ? -3.4e38 : 3.4e38));
  const { scales } = (await rounder.operands(storedOf(extreme, 16, 32, false)))!;
  for (const scale of scales) expect(scale / (6.8e38 / topOf(scheme))).toBeCloseTo(1, 4);
  const none = (await rounder.operands(storedOf(new Float32Array(512).fill(1e-42, 100), 32, 16, false)))!;
  expect(none.scales.every((scale) => scale === 0)).toBe(true);
  expect(none.codes.every((code) => code === 0x88)).toBe(true);
});

test.each([Number.NaN, Infinity, -Infinity])(
  '%d anywhere makes it null, and the next weight is none the wiser',
  async (bad) => {
    const rounder = createRounder(scheme, await context());
    for (const at of [0, 37 * 16 + 3, 64 * 16 - 1]) {
      const values = normals(64 * 16, 'bad');
      values[at] = bad;
      expect(await rounder.operands(storedOf(values, 64, 16, false))).toBeNull();
      expect(await rounder.operands(storedOf(values, 16, 64, true))).toBeNull();
      expect(await rounder.operands(storedOf(normals(64 * 16, 'good'), 64, 16, false))).not.toBeNull();
    }
  },
);

test('fewer columns than it takes at a time are left to others; what was stopped stays stopped', async () => {
  expect(canRound(storedOf(normals(60, 'few'), 4, 15, false))).toBe(false);
  const stopped = { ...(await context()), signal: AbortSignal.abort() };
  await expect(
    createRounder(scheme, stopped).operands(storedOf(normals(1024, 'w'), 64, 16, false)),
  ).rejects.toMatchObject({ code: 'engine/cancelled' });
});
