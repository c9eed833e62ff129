import { expect, test } from 'vitest';
import { fitBlocks } from './fit.ts';
import type { BlockScheme } from './types.ts';

const scheme: BlockScheme = { bits: 4, blockSize: 16, symmetric: false };

test('the fit sees each block of each column with its importance, and codes are the nearest', () => {
  // 20 rows, 2 columns: value = row for the first, −row for the second.
  const weight = Float32Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? 1 : -1) * Math.floor(at / 2));
  const importance = Float32Array.from({ length: 20 }, (_, row) => row + 1);
  const seen: [number, number, number, number][] = [];
  const blocks = fitBlocks(
    weight,
    2,
    scheme,
    (values, count, weights, found, block) => {
      seen.push([block, count, values[1]!, weights[1]!]);
      found.scale = 2;
      found.zero = 3;
    },
    importance,
  );
  expect(seen).toEqual([
    [0, 16, 1, 2],
    [0, 16, -1, 2],
    [1, 4, 17, 18],
    [1, 4, -17, 18],
  ]);
  expect([...blocks.codes.subarray(0, 6)]).toEqual([3, 3, 3, 3, 4, 2]);
  expect([...blocks.codes.subarray(36)]).toEqual([12, 0, 13, 0]);
  expect([...blocks.scales, ...blocks.zeros]).toEqual([2, 2, 2, 2, 3, 3, 3, 3]);
});

test('without importance the size of each value decides', () => {
  fitBlocks(Float32Array.of(3, -4), 1, scheme, (_, count, weights) => {
    expect(count).toBe(2);
    expect(weights[0]).toBeCloseTo(Math.sqrt(12.5) + 3, 6);
    expect(weights[1]).toBeCloseTo(Math.sqrt(12.5) + 4, 6);
  });
  expect.assertions(3);
});
