import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decodePng } from './png.ts';
import { bytesOf, golden, sha } from './testing/golden.ts';

test.each(golden.png.map((one) => [`${one.mode} ${one.w} × ${one.h}`, one] as const))(
  'reads the same pixels as Pillow: %s',
  (_, { file, sha: wanted }) => {
    expect(sha(decodePng(bytesOf(file)).data)).toBe(wanted);
  },
);

const chunk = (type: string, body: Uint8Array): Uint8Array => {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(body.length);
  return Buffer.concat([size, Buffer.from(type), body, Buffer.alloc(4)]);
};
/** Checksums are left out: nothing reads them. */
const png = (width: number, height: number, depth: number, color: number, interlace: number, rows: number[]) => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, color, 0, 0, interlace], 8);
  return Buffer.concat([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Uint8Array.from(rows))),
    chunk('IEND', new Uint8Array()),
  ]);
};

test('16 bits lose their low byte', () => {
  expect([...decodePng(png(2, 1, 16, 0, 0, [0, 0x12, 0x34, 0xff, 0x00])).data]).toEqual([0x12, 0xff]);
});

test('interlaced pictures come out in order', () => {
  // 2 × 2 in Adam7: pass 1 has (0,0), pass 6 (1,0), pass 7 the second row.
  expect([...decodePng(png(2, 2, 8, 0, 1, [0, 10, 0, 20, 0, 30, 40])).data]).toEqual([10, 20, 30, 40]);
});

test('damaged files end in a coded error', () => {
  const bytes = bytesOf(golden.png[0]!.file);
  const refused = (file: Uint8Array, message: RegExp): void => {
    expect(() => decodePng(file)).toThrowError(expect.objectContaining({ code: 'data/image' }));
    expect(() => decodePng(file)).toThrowError(message);
  };
  refused(bytes.subarray(0, 20), /no header/);
  refused(bytes.subarray(0, bytes.length - 30), /unpack|too early/);
  refused(png(70_000, 70_000, 8, 0, 0, []), /70000 × 70000 pixels/);
  refused(png(1, 1, 3, 0, 0, [0, 0]), /color type 0 with 3 bits/);
  refused(png(1, 1, 8, 3, 0, [0, 0]), /palette/);
  refused(png(1, 1, 8, 0, 0, [9, 0]), /filter 9/);
});
