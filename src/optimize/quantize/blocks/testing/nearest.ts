import type { BlockScheme, RowBlocks } from '../types.ts';

/** Codes, one a byte. */
const unpacked = (codes: Uint8Array, bits: number): number[] =>
  bits === 8 ? [...codes] : [...codes].flatMap((byte) => [byte & 15, byte >> 4]);

/** How far codes are from the nearest for the scales and zero points, in steps beyond one half. */
export const beyondNearest = (
  values: Float32Array,
  width: number,
  { bits, blockSize }: BlockScheme,
  { codes, scales, zeros }: RowBlocks,
): number => {
  const blocks = Math.ceil(width / blockSize);
  return unpacked(codes, bits).reduce((most, code, i) => {
    const at = Math.floor(i / width) * blocks + Math.floor((i % width) / blockSize);
    const exact = scales[at] === 0 ? zeros[at]! : values[i]! / scales[at]! + zeros[at]!;
    return Math.max(most, Math.abs(Math.min(2 ** bits - 1, Math.max(0, exact)) - code) - 0.5);
  }, 0);
};
