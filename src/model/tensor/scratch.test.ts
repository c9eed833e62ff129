import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readTensor } from './read.ts';
import { scratch } from './scratch.ts';
import { tensor } from './views.ts';

const folder = async (): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'steelyard-scratch-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
};
const of = (length: number, value: number) => tensor('float32', [length], new Float32Array(length).fill(value));

test('large tensors come back from the file, small ones stay where they are', async () => {
  const place = await folder();
  const keep = scratch(join(place, 'weights'));
  const small = of(10, 1);
  expect(await keep(small)).toBe(small);
  expect(await readdir(place)).toEqual([]);
  // Three at once, of a length that needs padding: offsets follow the order of the calls.
  const kept = await Promise.all([of(300_001, 1), of(400_000, 2), of(300_001, 3)].map(keep));
  expect(kept.map(({ data }) => data.kind)).toEqual(['file', 'file', 'file']);
  for (const [index, one] of kept.entries()) {
    const bytes = await readTensor(one);
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    expect(values.every((value) => value === index + 1)).toBe(true);
  }
});

test('a place that cannot be written is a coded error, also for the next tensor', async () => {
  const keep = scratch(join(await folder(), 'missing', 'weights'));
  await expect(keep(of(300_000, 1))).rejects.toMatchObject({ code: 'model/write' });
  await expect(keep(of(300_000, 1))).rejects.toMatchObject({ code: 'model/write' });
});
