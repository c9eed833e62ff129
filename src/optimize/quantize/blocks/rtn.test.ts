import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fitBlocks } from './fit.ts';
import { rangeFit, roundBlocks } from './rtn.ts';
import { decoded, normals } from './testing/matrices.ts';
import type { BlockScheme } from './types.ts';

const schemes: readonly BlockScheme[] = ([2, 4, 8] as const).flatMap((bits) =>
  [true, false].map((symmetric) => ({ bits, blockSize: 16, symmetric })),
);

describe.each(schemes)('$bits bits, symmetric $symmetric', (scheme) => {
  test.each([
    [64, 8],
    [50, 3],
    [33, 5],
    [7, 4],
  ])('K=%i N=%i: every value is within its step', (k, n) => {
    const weight = normals(k * n, `${k} ${n}`);
    const blocks = roundBlocks(weight, n, scheme);
    const back = decoded(blocks, n, scheme);
    for (const [index, value] of weight.entries()) {
      const step = Math.abs(blocks.scales[Math.floor(Math.floor(index / n) / 16) * n + (index % n)]!);
      expect(Math.abs(back[index]! - value)).toBeLessThanOrEqual(step * 1.0001);
    }
  });

  test('the fast path and the fit of one block at a time agree', () => {
    const weight = normals(70 * 6, 'paths');
    expect(roundBlocks(weight, 6, scheme)).toEqual(fitBlocks(weight, 6, scheme, rangeFit(scheme)));
  });

  test('zeros stay zeros, and so do values too small for a scale', () => {
    const weight = new Float32Array(32).fill(1e-42, 16);
    const blocks = roundBlocks(weight, 1, scheme);
    expect([...blocks.scales]).toEqual([0, 0]);
    expect([...decoded(blocks, 1, scheme)]).toEqual(Array.from({ length: 32 }, () => 0));
  });
});

test('the value of largest magnitude is exact in symmetric blocks, whatever its sign', () => {
  const weight = normals(32 * 4, 'largest');
  const scheme = { bits: 4, blockSize: 32, symmetric: true } as const;
  const back = decoded(roundBlocks(weight, 4, scheme), 4, scheme);
  for (let column = 0; column < 4; column++) {
    const rows = Array.from({ length: 32 }, (_, row) => row * 4 + column);
    const most = rows.reduce((best, at) => (Math.abs(weight[at]!) > Math.abs(weight[best]!) ? at : best));
    expect(back[most]).toBeCloseTo(weight[most]!, 6);
  }
});

test('known codes', () => {
  const symmetric = roundBlocks(Float32Array.of(-8, 7, 1, 0.4, -0.6), 1, { bits: 4, blockSize: 16, symmetric: true });
  expect([...symmetric.codes]).toEqual([0, 15, 9, 8, 7]);
  expect([...symmetric.scales]).toEqual([1]);
  const asymmetric = roundBlocks(Float32Array.of(-1, 2, 0, 0.5), 1, { bits: 2, blockSize: 16, symmetric: false });
  expect([...asymmetric.codes]).toEqual([0, 3, 1, 1]);
  expect([...asymmetric.scales, ...asymmetric.zeros]).toEqual([1, 1]);
});

test('any finite numbers give finite values', () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 40 }),
      fc.constantFrom(...schemes),
      (values, scheme) => {
        const weight = Float32Array.from(values);
        const blocks = roundBlocks(weight, 1, scheme);
        for (const scale of blocks.scales) expect(Number.isFinite(scale)).toBe(true);
        for (const code of blocks.codes) expect(code).toBeLessThan(2 ** scheme.bits);
      },
    ),
  );
});
