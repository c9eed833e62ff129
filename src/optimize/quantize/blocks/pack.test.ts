import { expect, test } from 'vitest';
import { blockBytesOf, packColumns, packRows, packZeros } from './pack.ts';
import type { BlockScheme } from './types.ts';

const read = (bytes: Uint8Array, at: number, bits: number): number =>
  (bytes[Math.floor((at * bits) / 8)]! >> ((at * bits) % 8)) & (2 ** bits - 1);

test.each([
  [2, 16, 40, 3],
  [4, 32, 33, 5],
  [8, 16, 17, 2],
  [4, 16, 5, 1],
] as const)(
  '%i bits, blocks of %i, [%i, %i]: codes by column, short blocks filled with the zero point',
  (bits, blockSize, rows, columns) => {
    const scheme: BlockScheme = { bits, blockSize, symmetric: false };
    const blocks = Math.ceil(rows / blockSize);
    const codes = Uint8Array.from({ length: rows * columns }, (_, i) => (i * 7 + 3) % 2 ** bits);
    const zeros = Uint8Array.from({ length: blocks * columns }, (_, i) => (i * 5 + 1) % 2 ** bits);
    const packed = packColumns(codes, zeros, columns, scheme);
    expect(packed).toHaveLength(columns * blocks * blockBytesOf(scheme));
    for (let column = 0; column < columns; column++)
      for (let row = 0; row < blocks * blockSize; row++)
        expect(read(packed, column * blocks * blockSize + row, bits)).toBe(
          row < rows ? codes[row * columns + column] : zeros[Math.floor(row / blockSize) * columns + column],
        );
    const packedZeros = packZeros(zeros, columns, bits);
    const width = Math.ceil((blocks * bits) / 8);
    expect(packedZeros).toHaveLength(columns * width);
    for (let column = 0; column < columns; column++)
      for (let block = 0; block < blocks; block++)
        expect(read(packedZeros.subarray(column * width, (column + 1) * width), block, bits)).toBe(
          zeros[block * columns + column],
        );
  },
);

test('rows', () => {
  expect([...packRows(Uint8Array.of(1, 2, 3, 4, 5, 6), 3, 4)]).toEqual([0x21, 3, 0x54, 6]);
  expect([...packRows(Uint8Array.of(1, 2, 3, 0, 1), 5, 2)]).toEqual([0b00111001, 1]);
  expect([...packRows(Uint8Array.of(7, 9), 2, 8)]).toEqual([7, 9]);
});
