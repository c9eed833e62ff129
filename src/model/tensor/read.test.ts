import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Tensor } from '../../contracts/index.ts';
import { readStrings, readTensor, readTensorSync, tensor } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'steelyard-tensor-'));
const path = join(folder, 'weights.bin');
writeFileSync(
  path,
  Uint8Array.from({ length: 64 }, (_, index) => index),
);
afterAll(() => rmSync(folder, { recursive: true }));

const at = (offset: number, length: number, dims = [length], file = path): Tensor => ({
  dtype: 'uint8',
  dims,
  data: { kind: 'file', path: file, offset, length },
});

test('reads exactly the range, both ways', async () => {
  const expected = Uint8Array.of(5, 6, 7, 8);
  expect(readTensorSync(at(5, 4))).toEqual(expected);
  expect(await readTensor(at(5, 4))).toEqual(expected);
  expect((await readTensor(at(3, 0))).byteLength).toBe(0);
});
test('inline bytes come back aligned, copied only when they must be', async () => {
  const base = Uint8Array.from({ length: 16 }, (_, index) => index);
  const odd: Tensor = { dtype: 'uint8', dims: [8], data: { kind: 'inline', bytes: base.subarray(3, 11) } };
  expect((await readTensor(odd)).byteOffset % 8).toBe(0);
  expect(await readTensor(odd)).toEqual(base.slice(3, 11));
  const even: Tensor = { dtype: 'uint8', dims: [8], data: { kind: 'inline', bytes: base.subarray(8) } };
  expect(readTensorSync(even).buffer).toBe(base.buffer);
});
test('a missing or short file and a wrong length are coded faults', async () => {
  const fault = expect.objectContaining({ code: 'model/data' });
  for (const bad of [at(60, 8), at(0, 4, [4], join(folder, 'none')), at(0, 4, [5])]) {
    await expect(readTensor(bad)).rejects.toEqual(fault);
    expect(() => readTensorSync(bad)).toThrow(fault);
  }
});
test('strings are read as text, not bytes', async () => {
  const words = tensor('string', [2], ['a', 'ß']);
  expect(readStrings(words)).toEqual(['a', 'ß']);
  await expect(readTensor(words)).rejects.toEqual(expect.objectContaining({ code: 'model/dtype' }));
  expect(() => readStrings(at(0, 1))).toThrow(expect.objectContaining({ code: 'model/dtype' }));
});
