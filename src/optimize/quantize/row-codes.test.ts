import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { codeRows, largest } from './row-codes.ts';

const random = (length: number, label: string): Float32Array => {
  const draw = seeded(1, label);
  return Float32Array.from({ length }, () => draw.normal());
};

// Around the four values that the kernel takes at a time, and the 65,536 that are brought to it.
test.each([1, 3, 4, 5, 63, 65_536, 65_537, 140_001])('the largest magnitude of %i values', (length) => {
  const values = random(length, `largest ${length}`);
  expect(largest(values)).toBe(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
  values[length - 1] = -100;
  expect(largest(values)).toBe(100);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%f is larger than all', (value) => {
  const values = random(20_000, 'finite');
  values[19_998] = value;
  expect(Number.isFinite(largest(values))).toBe(false);
});

test('the largest magnitude of a part, of none, and after a larger one', () => {
  const values = Float32Array.of(9, -0, 1e-45, -3, 2, 7);
  expect(largest(values, 1, 5)).toBe(3);
  expect(largest(values, 1, 2)).toBe(0);
  expect(largest(values, 2, 2)).toBe(0);
  expect(largest(new Float32Array())).toBe(0);
});

test.each([
  [1, 5],
  [7, 3],
  [8, 40_000],
  [384, 171],
  [70_000, 2],
])('rows of %i values: codes are the nearest, the largest is 127', (width, rows) => {
  const values = random(width * rows, `rows ${width}`);
  const codes = new Int8Array(values.length);
  const scales = codeRows(values, width, (magnitude) => Math.fround(magnitude / 127), codes)!;
  expect(scales).toHaveLength(rows);
  let apart = 0;
  for (let row = 0; row < rows; row++) {
    const own = values.subarray(row * width, (row + 1) * width);
    expect(scales[row]).toBe(Math.fround(largest(own) / 127));
    let most = 0;
    for (const [i, value] of own.entries()) {
      const code = codes[row * width + i]!;
      most = Math.max(most, Math.abs(code));
      apart = Math.max(apart, Math.abs(value / scales[row]! - code));
    }
    expect(most).toBe(127);
  }
  expect(apart).toBeLessThan(0.5 + 1e-4);
});

test('ties go to the even code', () => {
  const codes = new Int8Array(6);
  expect([...codeRows(Float32Array.of(127, 0.5, 1.5, -0.5, -2.5, 3), 6, () => 1, codes)!]).toEqual([1]);
  expect([...codes]).toEqual([127, 0, 2, 0, -2, 3]);
});
