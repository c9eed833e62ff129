import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeImage } from './decode.ts';
import { bytesOf, golden, sha } from './testing/golden.ts';

test('knows a picture by its first bytes, in a file or in memory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-decode-'));
  const [jpeg, png] = [golden.jpeg[0]!, golden.png[0]!];
  for (const { file, sha: wanted } of [jpeg, png]) {
    const path = join(folder, 'picture.bin');
    await writeFile(path, bytesOf(file));
    expect(sha(decodeImage({ kind: 'file', path, digest: '' }, 'x').data)).toBe(wanted);
    expect(sha(decodeImage({ kind: 'bytes', bytes: bytesOf(file), digest: '' }, 'x').data)).toBe(wanted);
  }
  await rm(folder, { recursive: true });
});

test('pixels are taken as they are; transparency is dropped', () => {
  const pixels = (dims: number[], ...data: number[]) =>
    decodeImage({ kind: 'pixels', pixels: { dtype: 'uint8', dims, data: Uint8Array.from(data) }, digest: '' }, 'x');
  expect(pixels([1, 2], 3, 4)).toEqual({ width: 2, height: 1, channels: 1, data: Uint8Array.of(3, 4) });
  expect(pixels([1, 1, 4], 1, 2, 3, 9)).toEqual({ width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) });
});

test('says whose picture cannot be read', () => {
  const of = (bytes: Uint8Array) => () => decodeImage({ kind: 'bytes', bytes, digest: '' }, 'the picture of example 7');
  expect(of(Uint8Array.of(1, 2, 3))).toThrowError(/example 7 is neither PNG nor JPEG/);
  expect(of(bytesOf(golden.png[0]!.file).subarray(0, 20))).toThrowError(/example 7: PNG: it has no header/);
  expect(() => decodeImage({ kind: 'file', path: '/nowhere.png', digest: '' }, 'x')).toThrowError(
    expect.objectContaining({ code: 'data/image' }),
  );
});
