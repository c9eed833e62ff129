import { describe, expect, test } from 'vitest';
import { fitBlocks } from './fit.ts';
import { hqqFit, hqqNorm } from './hqq.ts';
import { roundBlocks } from './rtn.ts';
import { decoded, normals } from './testing/matrices.ts';
import type { BlockScheme } from './types.ts';

const norm = (weight: Float32Array, back: Float32Array): number =>
  weight.reduce((sum, value, i) => sum + Math.abs(value - back[i]!) ** hqqNorm, 0);

describe.each([2, 4, 8] as const)('%i bits', (bits) => {
  test('in its own norm never above round to nearest, and below on the whole; zero points are integers in range', () => {
    const scheme: BlockScheme = { bits, blockSize: 32, symmetric: false };
    let [ours, theirs] = [0, 0];
    for (let trial = 0; trial < 40; trial++) {
      // Heavy tails: what the norm is for.
      const weight = normals(32, `trial ${trial}`).map((value) => value ** 3);
      const blocks = fitBlocks(weight, 1, scheme, hqqFit(scheme));
      const found = norm(weight, decoded(blocks, 1, scheme));
      const nearest = norm(weight, decoded(roundBlocks(weight, 1, scheme), 1, scheme));
      expect(found).toBeLessThanOrEqual(nearest * 1.000001);
      expect(blocks.zeros[0]).toBeLessThan(2 ** bits);
      ours += found;
      theirs += nearest;
    }
    expect(ours / theirs).toBeLessThan(bits === 8 ? 0.995 : 0.98);
  });
});

test.each([
  ['zeros', () => 0],
  ['one value', () => 0.25],
  ['one negative value', () => -3],
  ['far from zero', (i: number) => 5 + i / 100],
  ['very small', (i: number) => (i % 5) * 1e-30],
  ['very large', (i: number) => (i % 7) * 1e30],
])('%s: no worse than round to nearest, and finite', (_, value) => {
  const scheme: BlockScheme = { bits: 4, blockSize: 16, symmetric: false };
  const weight = Float32Array.from({ length: 16 }, (__, i) => value(i));
  const back = decoded(fitBlocks(weight, 1, scheme, hqqFit(scheme)), 1, scheme);
  expect(back.every(Number.isFinite)).toBe(true);
  expect(norm(weight, back)).toBeLessThanOrEqual(norm(weight, decoded(roundBlocks(weight, 1, scheme), 1, scheme)));
});
