import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantizeMatrix, quantizeRows, scaleOf } from './arithmetic.ts';
import { seeded } from '../../statistics/index.ts';

const random = (count: number, label: string): Float32Array => {
  const stream = seeded(1, label);
  return Float32Array.from({ length: count }, () => stream.normal());
};

describe('quantizeMatrix', () => {
  test('rounds half to even and keeps zero exact', () => {
    // absmax 127 gives scale 1, so codes are the rounded values themselves.
    const { codes, scales, zeroPoints } = quantizeMatrix(Float32Array.of(127, 0.5, 1.5, 2.5, -0.5, -1.5, 0, -127), 2, {
      type: 'int8',
      perChannel: false,
      bits: 8,
    });
    expect([...codes]).toEqual([127, 0, 2, 2, 0, -2, 0, -127]);
    expect([...scales]).toEqual([1]);
    expect([...zeroPoints]).toEqual([0]);
  });

  test('per channel scales each column by its own maximum', () => {
    const { codes, scales } = quantizeMatrix(Float32Array.of(127, 12.7, -63, 6.4), 2, {
      type: 'int8',
      perChannel: true,
      bits: 8,
    });
    expect([...codes]).toEqual([127, 127, -63, 64]);
    expect(scales[1]).toBeCloseTo(0.1, 6);
  });

  test('7 bits stay within ±64, so two u8×s8 products fit into int16', () => {
    const { codes } = quantizeMatrix(random(4096, '7 bit'), 64, { type: 'int8', perChannel: true, bits: 7 });
    const worst = Math.max(...codes.map(Math.abs));
    expect(worst).toBe(64);
    expect(2 * 255 * worst).toBeLessThanOrEqual(32767);
  });

  test('uint8 is asymmetric and represents zero exactly', () => {
    const { codes, scales, zeroPoints } = quantizeMatrix(Float32Array.of(-1, 0, 2, 4), 2, {
      type: 'uint8',
      perChannel: false,
      bits: 8,
    });
    expect(zeroPoints[0]).toBe(51);
    expect(codes[1]).toBe(51);
    expect(scales[0]).toBeCloseTo(5 / 255, 7);
  });

  test('a zero matrix and a denormal range get scale 1', () => {
    expect(scaleOf(0, 0, { type: 'int8', perChannel: false, bits: 8 })).toEqual({ scale: 1, zeroPoint: 0 });
    expect(scaleOf(0, 1e-44, { type: 'uint8', perChannel: false, bits: 8 })).toEqual({ scale: 1, zeroPoint: 0 });
  });

  test('the error of any value is at most half a step', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, min: -1000, max: 1000 }), { minLength: 4, maxLength: 64 }),
        fc.constantFrom('int8' as const, 'uint8' as const),
        fc.boolean(),
        (values, type, perChannel) => {
          const weight = Float32Array.from(values.slice(0, values.length - (values.length % 4)));
          const { codes, scales, zeroPoints } = quantizeMatrix(weight, 4, { type, perChannel, bits: 8 });
          for (const [i, value] of weight.entries()) {
            const at = perChannel ? i % 4 : 0;
            const back = (codes[i]! - zeroPoints[at]!) * scales[at]!;
            // uint8 zero points are rounded too: the ends of the range may lose one step.
            expect(Math.abs(back - value)).toBeLessThanOrEqual(scales[at]! * (type === 'int8' ? 0.5001 : 1.0001));
          }
        },
      ),
    );
  });
});

test('quantizeRows keeps one scale per row, and an all-zero row is exact', () => {
  const { codes, scales } = quantizeRows(Float32Array.of(1, -0.5, 0, 0, 254, 2), 2)!;
  expect([...codes]).toEqual([127, -64, 0, 0, 127, 1]);
  expect(scales[1]).toBe(1);
  expect(scales[2]).toBe(2);
  expect([...quantizeRows(Float32Array.of(1, 2, 3, 1000), 2, 2)!.codes]).toEqual([0, 1, 2, 127]);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('a row with %f is no row', (value) => {
  const values = random(20_000, 'finite');
  values[19_999] = value;
  expect(quantizeRows(values, 4)).toBeNull();
});
