import { describe, expect, test } from 'vitest';
import { fitBlocks } from './fit.ts';
import { kQuantFit } from './k-quant.ts';
import { roundBlocks } from './rtn.ts';
import { decoded, normals } from './testing/matrices.ts';
import type { BlockScheme } from './types.ts';

const weighted = (weight: Float32Array, back: Float32Array, importance: Float32Array): number =>
  weight.reduce((sum, value, row) => sum + importance[row]! * (value - back[row]!) ** 2, 0);

describe.each([2, 4, 8] as const)('%i bits', (bits) => {
  test.each([true, false])(
    'symmetric %s: never above round to nearest in its own norm, and below on the whole',
    (symmetric) => {
      const scheme: BlockScheme = { bits, blockSize: 32, symmetric };
      const importance = normals(32, 'importance').map((one) => one * one);
      let [ours, theirs] = [0, 0];
      for (let trial = 0; trial < 40; trial++) {
        const weight = normals(32, `trial ${trial}`);
        const found = weighted(
          weight,
          decoded(fitBlocks(weight, 1, scheme, kQuantFit(scheme), importance), 1, scheme),
          importance,
        );
        const nearest = weighted(weight, decoded(roundBlocks(weight, 1, scheme), 1, scheme), importance);
        expect(found).toBeLessThanOrEqual(nearest * 1.000001);
        ours += found;
        theirs += nearest;
      }
      expect(ours / theirs).toBeLessThan(bits === 8 ? 0.99 : 0.9);
    },
  );
});

test('what the importance ignores does not matter', () => {
  const scheme: BlockScheme = { bits: 4, blockSize: 16, symmetric: true };
  const weight = normals(16, 'outlier');
  weight[3] = 40;
  const importance = new Float32Array(16).fill(1);
  importance[3] = 0;
  const errors = (back: Float32Array): number =>
    weight.reduce((sum, value, i) => sum + (i === 3 ? 0 : (value - back[i]!) ** 2), 0);
  const found = errors(decoded(fitBlocks(weight, 1, scheme, kQuantFit(scheme), importance), 1, scheme));
  expect(found).toBeLessThan(errors(decoded(roundBlocks(weight, 1, scheme), 1, scheme)));
});

test('a block of zeros, and one whose importance is all zero', () => {
  const scheme: BlockScheme = { bits: 4, blockSize: 16, symmetric: false };
  const zeros = fitBlocks(new Float32Array(16), 1, scheme, kQuantFit(scheme));
  expect([...decoded(zeros, 1, scheme)]).toEqual(Array.from({ length: 16 }, () => 0));
  const weight = normals(16, 'unused');
  const unused = fitBlocks(weight, 1, scheme, kQuantFit(scheme), new Float32Array(16));
  expect(unused).toEqual(roundBlocks(weight, 1, scheme));
});
