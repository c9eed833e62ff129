import { describe, expect, test } from 'vitest';
import { floatsToHalf, halfToFloats } from '../../../model/tensor/index.ts';
import { quantizeRowBlocks } from './rows.ts';
import { normals } from './testing/matrices.ts';
import { beyondNearest } from './testing/nearest.ts';
import type { BlockScheme } from './types.ts';

describe.each([4, 8] as const)('%i bits', (bits) => {
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
