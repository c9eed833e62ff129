import type { BlockScheme } from './types.ts';

/** Bytes that one block of one column takes in MatMulNBits. */
export const blockBytesOf = ({ bits, blockSize }: BlockScheme): number => (blockSize * bits) / 8;

/** Columns that are packed together. */
const tile = 128;

/** Two rows of 4-bit codes to one byte of each column: the usual case, in one go. */
const packPair = (
  codes: Uint8Array,
  from: number,
  columns: number,
  width: number,
  packed: Uint8Array,
  target: number,
  step: number,
): void => {
  for (let i = 0, to = target; i < width; i++, to += step)
    packed[to] = codes[from + i]! | (codes[from + columns + i]! << 4);
};

/** Codes as MatMulNBits wants them. Shapes: codes [rows, columns] → [columns, blocks, blockSize · bits / 8], the first row of a byte in its
 *  lowest bits; rows missing in the last block are filled with its zero point: they weigh nothing.
 *  Source: ONNX Runtime contrib operator MatMulNBits. */
export const packColumns = (codes: Uint8Array, zeros: Uint8Array, columns: number, scheme: BlockScheme): Uint8Array => {
  const { bits, blockSize } = scheme;
  const rows = codes.length / columns;
  const blocks = Math.ceil(rows / blockSize);
  const bytes = blockBytesOf(scheme);
  const perByte = 8 / bits;
  const packed = new Uint8Array(columns * blocks * bytes);
  // Some columns at a time: the bytes that they write to stay in the cache.
  for (let left = 0; left < columns; left += tile) {
    const width = Math.min(tile, columns - left);
    for (let block = 0; block < blocks; block++)
      for (let byte = 0; byte < bytes; byte++) {
        const first = block * blockSize + byte * perByte;
        const target = (left * blocks + block) * bytes + byte;
        if (bits === 4 && first + 2 <= rows) {
          packPair(codes, first * columns + left, columns, width, packed, target, blocks * bytes);
          continue;
        }
        for (let place = 0; place < perByte; place++) {
          const row = first + place;
          const source = row < rows ? codes : zeros;
          let from = (row < rows ? row : block) * columns + left;
          for (let i = 0, to = target; i < width; i++, from++, to += blocks * bytes)
            packed[to]! |= source[from]! << (place * bits);
        }
      }
  }
  return packed;
};

/** Zero points as MatMulNBits wants them. Shapes: [blocks, columns] → [columns, ceil(blocks · bits / 8)], the first block in the lowest bits. */
export const packZeros = (zeros: Uint8Array, columns: number, bits: number): Uint8Array => {
  const blocks = zeros.length / columns;
  const perByte = 8 / bits;
  const width = Math.ceil(blocks / perByte);
  const packed = new Uint8Array(columns * width);
  for (let block = 0; block < blocks; block++) {
    const byte = Math.floor(block / perByte);
    const shift = (block % perByte) * bits;
    for (let column = 0; column < columns; column++)
      packed[column * width + byte]! |= zeros[block * columns + column]! << shift;
  }
  return packed;
};

/** Rows of small integers packed without gaps, the first one in the lowest bits. Shapes: [rows, width] → [rows, ceil(width · bits / 8)]. */
export const packRows = (codes: Uint8Array, width: number, bits: number): Uint8Array => {
  const perByte = 8 / bits;
  const bytes = Math.ceil(width / perByte);
  const rows = codes.length / width;
  const packed = new Uint8Array(rows * bytes);
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < width; i++)
      packed[row * bytes + Math.floor(i / perByte)]! |= codes[row * width + i]! << ((i % perByte) * bits);
  return packed;
};
