import { describe, expect, test } from 'vitest';
import { bfloat16ToFloats, floatsToBfloat16, floatsToHalf, halfToFloats, roundHalfEven } from './index.ts';

const half = (x: number): number => floatsToHalf(Float32Array.of(x))[0]!;

/** The nearest of all finite halves, ties to the even code: slow and obviously right. */
const nearest = (x: number): number => {
  const all = halfToFloats(Uint16Array.from({ length: 0x7c00 }, (_, code) => code));
  let best = 0;
  for (let code = 1; code < all.length; code++) {
    const closer = Math.abs(all[code]! - x) - Math.abs(all[best]! - x);
    if (closer < 0 || (closer === 0 && code % 2 === 0)) best = code;
  }
  return best;
};

describe('half precision', () => {
  test('every half survives the way through float32', () => {
    const codes = Uint16Array.from({ length: 65536 }, (_, code) => code);
    const back = floatsToHalf(halfToFloats(codes));
    for (let code = 0; code < 65536; code++) {
      const nan = (code & 0x7c00) === 0x7c00 && (code & 0x3ff) !== 0;
      if (nan) expect((back[code]! & 0x7c00) === 0x7c00 && (back[code]! & 0x3ff) !== 0).toBe(true);
      else if (back[code] !== code) expect([code, back[code]]).toEqual([code, code]);
    }
  });
  test('known values', () => {
    expect([half(1), half(-2), half(65504), half(2 ** -24), half(1 / 3)]).toEqual([0x3c00, 0xc000, 0x7bff, 1, 0x3555]);
    expect([half(65519), half(65520), half(1e30), half(-Infinity)]).toEqual([0x7bff, 0x7c00, 0x7c00, 0xfc00]);
    expect([half(2 ** -25), half(1.5 * 2 ** -25), half(-0), half(1e-45)]).toEqual([0, 1, 0x8000, 0]);
  });
  test('rounds to nearest even', () => {
    for (const x of [
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
      2.5 * 2 ** -24,
      3.5 * 2 ** -24,
      0.1,
      6.1e-5,
      6.09e-5,
      1234.56,
      65503,
    ])
      expect([x, half(x)]).toEqual([x, nearest(Math.fround(x))]);
  });
  test('bfloat16', () => {
    const bits = floatsToBfloat16(Float32Array.of(1, -2, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 3.4e38, Infinity, NaN));
    expect(bits.slice(0, 6)).toEqual(Uint16Array.of(0x3f80, 0xc000, 0x3f80, 0x3f82, 0x7f80, 0x7f80));
    expect(bfloat16ToFloats(bits)[6]).toBeNaN();
    expect([...bfloat16ToFloats(Uint16Array.of(0x3f80, 0x0001))]).toEqual([1, 2 ** -133]);
  });
  test('halves go to the even integer', () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999999999999994, 7].map((x) => roundHalfEven(x) + 0)).toEqual([
      0, 2, 2, 0, -2, -2, 0, 7,
    ]);
    expect(roundHalfEven(2 ** 51 + 0.5)).toBe(2 ** 51);
    expect(roundHalfEven(2 ** 51 + 1.5)).toBe(2 ** 51 + 2);
    expect(roundHalfEven(-(2 ** 51) - 1.5)).toBe(-(2 ** 51) - 2);
    expect(roundHalfEven(Infinity)).toBe(Infinity);
    expect(roundHalfEven(NaN)).toBeNaN();
  });
});
