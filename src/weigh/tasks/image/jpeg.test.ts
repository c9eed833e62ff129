import { expect, test } from 'vitest';
import { decodeJpeg } from './jpeg.ts';
import { bytesOf, golden, sha } from './testing/golden.ts';

test.each(golden.jpeg.map((one) => [`${one.w} × ${one.h} ${one.settings}`, one] as const))(
  'reads the same pixels as Pillow: %s',
  (_, { file, w, h, mode, sha: wanted }) => {
    const pixels = decodeJpeg(bytesOf(file));
    expect([pixels.width, pixels.height, pixels.channels]).toEqual([w, h, mode === 'L' ? 1 : 3]);
    expect(sha(pixels.data)).toBe(wanted);
  },
);

test('damaged and strange files end in a coded error or a picture, never a crash', () => {
  const bytes = bytesOf(golden.jpeg[3]!.file);
  for (let cut = 2; cut < bytes.length; cut += 7)
    try {
      decodeJpeg(bytes.subarray(0, cut));
    } catch (error) {
      expect(error).toMatchObject({ code: 'data/image' });
    }
  for (let at = 2; at < bytes.length; at += 3) {
    const odd = bytes.slice();
    odd[at] = odd[at]! ^ 0x5a;
    try {
      decodeJpeg(odd);
    } catch (error) {
      expect(error).toMatchObject({ code: 'data/image' });
    }
  }
  const huge = bytes.slice();
  const frame = huge.findIndex((byte, at) => byte === 0xff && huge[at + 1] === 0xc2);
  huge.fill(0xff, frame + 5, frame + 9);
  expect(() => decodeJpeg(huge)).toThrowError(/65535 × 65535 pixels/);
});
