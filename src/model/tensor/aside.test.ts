import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { aside } from './aside.ts';

const folder = async (): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'steelyard-aside-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
};

test('bytes come back by their number, and the file goes at the end', async () => {
  const place = await folder();
  const room = aside(join(place, 'bytes'));
  expect(await readdir(place)).toEqual([]);
  // All at once: places follow the order of the calls.
  const parts = [Uint8Array.of(1, 2, 3), new Uint8Array(0), new Uint8Array(70_000).fill(9)];
  const at = await Promise.all(parts.map((part) => room.put(part)));
  for (const [index, part] of parts.entries())
    expect(Buffer.from(await room.get(at[index]!)).equals(Buffer.from(part))).toBe(true);
  expect(await readdir(place)).toEqual(['bytes']);
  await room.close();
  expect(await readdir(place)).toEqual([]);
});

test('nothing written leaves nothing behind', async () => {
  await expect(aside(join(await folder(), 'bytes')).close()).resolves.toBeUndefined();
});

test('a place that cannot be written is a coded error', async () => {
  const room = aside(join(await folder(), 'missing', 'bytes'));
  await expect(room.put(Uint8Array.of(1))).rejects.toMatchObject({ code: 'model/write' });
  await room.close();
});
