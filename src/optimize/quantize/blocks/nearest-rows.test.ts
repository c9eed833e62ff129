import { describe, expect, test } from 'vitest';
import { transposed } from '../../algebra/matrix.ts';
import { nearestRows } from './nearest-rows.ts';
import { roundBlocks } from './rtn.ts';
import { normals } from './testing/matrices.ts';
import { beyondNearest } from './testing/nearest.ts';
import type { BlockScheme } from './types.ts';

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
    const made = nearestRows({ values, width, scheme, halfScales: false });
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
});
