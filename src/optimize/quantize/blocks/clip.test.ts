import { expect, test } from 'vitest';
import { blockGrams, clipFit } from './clip.ts';
import { fitBlocks } from './fit.ts';
import { roundBlocks } from './rtn.ts';
import { decoded, gramOf, normals, outputError } from './testing/matrices.ts';
import type { BlockScheme } from './types.ts';

test('second moments inside blocks', () => {
  const rows = normals(20 * 40, 'rows');
  const grams = blockGrams(rows, 40, 32, null);
  const whole = gramOf(rows, 40);
  for (let i = 0; i < 32; i++)
    for (let j = 0; j < 32; j++) {
      expect(grams[i * 32 + j]).toBeCloseTo(whole[i * 40 + j]!, 3);
      const [a, b] = [32 + i, 32 + j];
      expect(grams[(32 + i) * 32 + j]).toBeCloseTo(a < 40 && b < 40 ? whole[a * 40 + b]! : 0, 3);
    }
  const halved = blockGrams(rows, 40, 32, new Float32Array(40).fill(2));
  halved.forEach((value, at) => expect(value).toBeCloseTo(grams[at]! / 4, 3));
});

test.each([
  [2, true],
  [2, false],
  [4, true],
  [4, false],
] as const)('%i bits, symmetric %s: never above round to nearest on the block’s own inputs', (bits, symmetric) => {
  const scheme: BlockScheme = { bits, blockSize: 32, symmetric };
  const rows = normals(100 * 32, 'inputs');
  const gram = gramOf(rows, 32);
  const fit = clipFit(scheme, blockGrams(rows, 32, 32, null));
  const weight = normals(32 * 30, 'weights');
  let better = 0;
  for (let column = 0; column < 30; column++) {
    const own = weight.filter((_, at) => at % 30 === column);
    const found = outputError(gram, own, decoded(fitBlocks(own, 1, scheme, fit), 1, scheme), 32);
    const nearest = outputError(gram, own, decoded(roundBlocks(own, 1, scheme), 1, scheme), 32);
    expect(found).toBeLessThanOrEqual(nearest * 1.000001);
    if (found < nearest * 0.98) better++;
  }
  expect(better).toBeGreaterThan(8);
});

test('inputs that are all zero leave round to nearest', () => {
  const scheme: BlockScheme = { bits: 4, blockSize: 16, symmetric: true };
  const weight = normals(16, 'nothing');
  const fit = clipFit(scheme, blockGrams(new Float32Array(16 * 3), 16, 16, null));
  expect(fitBlocks(weight, 1, scheme, fit)).toEqual(roundBlocks(weight, 1, scheme));
});
