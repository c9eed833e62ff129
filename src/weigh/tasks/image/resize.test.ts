import { expect, test } from 'vitest';
import { resize } from './resize.ts';
import { golden, sha, source } from './testing/golden.ts';

test.each(golden.resize.map((one) => [`${one.filter} to ${one.w} × ${one.h}`, one] as const))(
  'resizes bit for bit as Pillow: %s',
  (_, { filter, h, w, sha: wanted, first }) => {
    const { data } = resize(source(), h, w, filter);
    expect([...data.subarray(0, 6)]).toEqual(first);
    expect(sha(data)).toBe(wanted);
  },
);

test('the same size stays the same picture', () => {
  const pixels = source();
  expect(resize(pixels, pixels.height, pixels.width, 'bicubic').data).toEqual(pixels.data);
});
