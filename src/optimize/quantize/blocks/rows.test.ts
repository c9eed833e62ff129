import { describe, expect, test } from 'vitest';
import { floatsToHalf, halfToFloats } from '../../../model/tensor/index.ts';
import { transposed } from '../../algebra/matrix.ts';
import { roundBlocks } from './rtn.ts';
import { quantizeRowBlocks } from './rows.ts';
import { normals } from './testing/matrices.ts';
import type { BlockScheme, RowBlocks } from './types.ts';

/** Codes, one a byte. */
const unpacked = (codes: Uint8Array, bits: number): number[] =>
  bits === 8 ? [...codes] : [...codes].flatMap((byte) => [byte & 15, byte >> 4]);

/** How far codes are from the nearest for the scales and zero points, in steps beyond one half. */
const beyondNearest = (
  values: Float32Array,
  width: number,
  { bits, blockSize }: BlockScheme,
  { codes, scales, zeros }: RowBlocks,
): number => {
  const blocks = Math.ceil(width / blockSize);
  return unpacked(codes, bits).reduce((most, code, i) => {
    const at = Math.floor(i / width) * blocks + Math.floor((i % width) / blockSize);
    const exact = scales[at] === 0 ? zeros[at]! : values[i]! / scales[at]! + zeros[at]!;
    return Math.max(most, Math.abs(Math.min(2 ** bits - 1, Math.max(0, exact)) - code) - 0.5);
  }, 0);
};

describe.each([4, 8] as const)('%i bits', (bits) => {
  test.each([
    [64, 16, 9],
    [40, 16, 9],
    [12, 16, 9],
    // More than the kernel takes at a time.
    [256, 32, 700],
  ])('rows of %i in blocks of %i: what columns of the turned table get', (width, blockSize, rows) => {
    const scheme: BlockScheme = { bits, blockSize, symmetric: false };
    const values = normals(rows * width, `range ${width}`);
    values.fill(0, 2 * width, 3 * width);
    const made = quantizeRowBlocks({ values, width, scheme, fit: 'range', scaleType: 'float32' });
    const expected = roundBlocks(transposed(values, rows, width), rows, scheme);
    const blocks = Math.ceil(width / blockSize);
    expect(made.codes).toHaveLength((rows * width * bits) / 8);
    expect(made.scales).toHaveLength(rows * blocks);
    for (const [i, scale] of made.scales.entries()) {
      const turned = (i % blocks) * rows + Math.floor(i / blocks);
      // The same formula in float32: the last digit may differ, and a zero point at the middle of two.
      expect(Math.abs(scale - expected.scales[turned]!)).toBeLessThanOrEqual(1.2e-7 * scale);
      expect(Math.abs(made.zeros[i]! - expected.zeros[turned]!)).toBeLessThanOrEqual(scale === 0 ? 0 : 1);
    }
    expect(
      made.zeros.filter((zero, i) => zero !== expected.zeros[(i % blocks) * rows + Math.floor(i / blocks)]).length,
    ).toBeLessThanOrEqual(made.zeros.length / 200);
    expect(beyondNearest(values, width, scheme, made)).toBeLessThan(1e-4);
    expect(made.finite).toBe(true);
  });

  test.each(['range', 'search'] as const)(
    'scales for float16 are float16 numbers, and codes are the nearest for them: %s',
    (fit) => {
      const scheme: BlockScheme = { bits, blockSize: 16, symmetric: false };
      const values = normals(20 * 16, 'half');
      const made = quantizeRowBlocks({ values, width: 16, scheme, fit, scaleType: 'float16' });
      expect(halfToFloats(floatsToHalf(made.scales))).toEqual(made.scales);
      expect(beyondNearest(values, 16, scheme, made)).toBeLessThan(1e-4);
    },
  );

  test('NaN and infinity are said', () => {
    const scheme: BlockScheme = { bits, blockSize: 16, symmetric: false };
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY])
      for (const fit of ['range', 'search'] as const)
        expect(
          quantizeRowBlocks({ values: Float32Array.of(1, 2, bad, 3), width: 2, scheme, fit, scaleType: 'float32' })
            .finite,
        ).toBe(false);
  });
});
