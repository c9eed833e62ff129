import { describe, expect, test } from 'vitest';
import { floatsToHalf, halfToFloats } from '../../../model/tensor/index.ts';
import { transposed } from '../../algebra/matrix.ts';
import { packRows } from './pack.ts';
import { roundBlocks } from './rtn.ts';
import { quantizeRowBlocks } from './rows.ts';
import { normals } from './testing/matrices.ts';
import type { BlockScheme } from './types.ts';

describe.each([4, 8] as const)('%i bits', (bits) => {
  test.each([
    [64, 16],
    [40, 16],
    [12, 16],
  ])('rows of %i in blocks of %i: what columns of the turned table get', (width, blockSize) => {
    const scheme: BlockScheme = { bits, blockSize, symmetric: false };
    const rows = 9;
    const values = normals(rows * width, `range ${width}`);
    values.fill(0, 2 * width, 3 * width);
    const made = quantizeRowBlocks({ values, width, scheme, fit: 'range', scaleType: 'float32' });
    const turned = transposed(values, rows, width);
    const expected = roundBlocks(turned, rows, scheme);
    const blocks = Math.ceil(width / blockSize);
    const back = (of: Float32Array): number[] =>
      Array.from({ length: of.length }, (_, i) => of[(i % blocks) * rows + Math.floor(i / blocks)]!);
    expect([...made.scales]).toEqual(back(expected.scales));
    expect([...made.zeros]).toEqual(back(Float32Array.from(expected.zeros)));
    const codes = Uint8Array.from(values, (_, i) => expected.codes[(i % width) * rows + Math.floor(i / width)]!);
    expect(made.codes).toEqual(packRows(codes, width, bits));
    expect(made.finite).toBe(true);
  });

  test('scales for float16 are float16 numbers, and codes are the nearest for them', () => {
    const scheme: BlockScheme = { bits, blockSize: 16, symmetric: false };
    const values = normals(20 * 16, 'half');
    const { codes, scales, zeros } = quantizeRowBlocks({
      values,
      width: 16,
      scheme,
      fit: 'search',
      scaleType: 'float16',
    });
    expect(halfToFloats(floatsToHalf(scales))).toEqual(scales);
    const nearest = Uint8Array.from(values, (value, i) => {
      const code = Math.round(value / scales[i >> 4]!) + zeros[i >> 4]!;
      return Math.min(2 ** bits - 1, Math.max(0, code));
    });
    expect(codes).toEqual(packRows(nearest, 16, bits));
  });

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
