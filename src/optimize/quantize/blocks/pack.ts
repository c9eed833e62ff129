import type { BlockScheme } from './types.ts';

/** Bytes that one block of one column takes in MatMulNBits. */
export const blockBytesOf = ({ bits, blockSize }: BlockScheme): number => (blockSize * bits) / 8;

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
  for (let block = 0; block < blocks; block++)
    for (let byte = 0; byte < bytes; byte++)
      for (let place = 0; place < perByte; place++) {
        const row = block * blockSize + byte * perByte + place;
        const shift = place * bits;
        const source = row < rows ? codes : zeros;
        let from = (row < rows ? row : block) * columns;
        let to = block * bytes + byte;
        for (let column = 0; column < columns; column++, from++, to += blocks * bytes)
          packed[to]! |= source[from]! << shift;
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
