import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Tensor } from '../../../contracts/index.ts';
import { edit } from '../../../model/graph/index.ts';
import { context, model, normal } from '../../testing/quantized.ts';
import { withWorkers } from '../../workers/index.ts';
import type { Linear } from '../../linear.ts';
import { quantizeWeight, slabsOf } from './slabs.ts';
import { unitsOf } from './targets.ts';

/** The product with `w`, whose shape is the tensor's. */
const linearOf = (product: string, w: Tensor): Linear =>
  unitsOf(edit(model(`x: float32[N, S]; w = float32[${w.dims.join(', ')}]{...}; y = ${product}`, { w })), [])[0]!
    .linear;
const settings = { scheme: { bits: 4, blockSize: 32, symmetric: false }, form: 'nbits', method: 'rtn' } as const;

test('slabs cover the matrix once, in whole blocks, as stored', () => {
  const [k, n] = [3000, 2000];
  const stored = {
    dtype: 'float32',
    dims: [k, n],
    data: { kind: 'file', path: '/w', offset: 100, length: k * n * 4 },
  } as const;
  const rows = slabsOf(linearOf('MatMul(x, w)', stored), 32);
  expect(rows.map(({ firstRow, rows: count }) => [firstRow, count])).toEqual([
    [0, 1024],
    [1024, 1024],
    [2048, 952],
  ]);
  expect(rows[1]!.tensor).toEqual({
    dtype: 'float32',
    dims: [1024, n],
    data: { kind: 'file', path: '/w', offset: 100 + 1024 * n * 4, length: 1024 * n * 4 },
  });
  const columns = slabsOf(linearOf('Gemm(x, w) {transB: 1}', stored), 32);
  expect(columns.map(({ firstColumn, columns: count, rows: all }) => [firstColumn, count, all])).toEqual([
    [0, 1048, 2000],
    [1048, 1048, 2000],
    [2096, 904, 2000],
  ]);
});

test('from a file, from memory, stored either way: the same operands', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'steelyard-slabs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const world = await context();
  const [k, n] = [1100, 2050];
  const w = normal([k, n], 'w');
  const bytes = (w.data as { bytes: Uint8Array }).bytes;
  writeFileSync(join(folder, 'w'), Buffer.concat([Buffer.alloc(12), bytes]));
  const file: Tensor = { ...w, data: { kind: 'file', path: join(folder, 'w'), offset: 12, length: bytes.byteLength } };
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, k * n);
  const turned = new Float32Array(k * n);
  for (let row = 0; row < k; row++)
    for (let column = 0; column < n; column++) turned[column * k + row] = values[row * n + column]!;
  const t: Tensor = { ...w, dims: [n, k], data: { kind: 'inline', bytes: new Uint8Array(turned.buffer) } };
  await withWorkers(world, async (workers) => {
    const of = (linear: Linear) => quantizeWeight(linear, settings, null, workers, world);
    const inline = await of(linearOf('MatMul(x, w)', w));
    expect(inline!.codes).toHaveLength(n * 35 * 16);
    // A million numbers, compared as bytes.
    for (const other of [linearOf('MatMul(x, w)', file), linearOf('Gemm(x, w) {transB: 1}', t)]) {
      const found = (await of(other))!;
      for (const key of ['codes', 'scales', 'zeros'] as const) {
        const [mine, theirs] = [found[key]!, inline![key]!];
        expect(Buffer.compare(Buffer.from(mine.buffer), Buffer.from(theirs.buffer)), key).toBe(0);
      }
    }
  });
});

test('one bad number anywhere makes it null; a file that is too short is a coded error', async () => {
  const world = await context();
  const w = normal([2000, 1100], 'w');
  const values = new Float32Array((w.data as { bytes: Uint8Array }).bytes.buffer.slice(0));
  values[values.length - 5] = Number.NaN;
  const bad: Tensor = { ...w, data: { kind: 'inline', bytes: new Uint8Array(values.buffer) } };
  await withWorkers(world, async (workers) => {
    const text = 'MatMul(x, w)';
    expect(await quantizeWeight(linearOf(text, bad), settings, null, workers, world)).toBeNull();
    const short: Tensor = { ...w, data: { kind: 'inline', bytes: new Uint8Array(16) } };
    await expect(quantizeWeight(linearOf(text, short), settings, null, workers, world)).rejects.toMatchObject({
      code: 'model/data',
    });
  });
});
