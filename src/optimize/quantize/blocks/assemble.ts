import type { Part } from './jobs.ts';
import { blockBytesOf, packZeros } from './pack.ts';
import type { BlockScheme } from './types.ts';

/** How the quantized matrix is written: as operands of MatMulNBits, or of a DequantizeLinear over blocks of rows. */
export type Form = 'nbits' | 'qdq';

/** Operands for a [k, n] matrix with nb blocks.
 *  nbits: codes uint8 [n, nb, blockSize · bits / 8], scales [n, nb], zeros uint8 [n, ceil(nb · bits / 8)].
 *  qdq: codes [k, n] and zeros [nb, n] packed without gaps, signed when symmetric, scales [nb, n].
 *  zeros are null when symmetric: both operators know the middle by themselves. */
export interface Operands {
  readonly codes: Uint8Array;
  readonly scales: Float32Array;
  readonly zeros: Uint8Array | null;
}

/** Collects parts of a matrix into its operands. */
export interface Assembly {
  /** A part that starts at this row and column of the matrix; rows are a multiple of the block, or reach the end. */
  place(part: Part, rows: number, columns: number, firstRow: number, firstColumn: number): void;
  done(): Operands;
}

const nbits = (k: number, n: number, scheme: BlockScheme): Assembly => {
  const { blockSize, bits, symmetric } = scheme;
  const blocks = Math.ceil(k / blockSize);
  const bytes = blockBytesOf(scheme);
  const codes = new Uint8Array(n * blocks * bytes);
  const scales = new Float32Array(n * blocks);
  const zeros = new Uint8Array(symmetric ? 0 : blocks * n);
  return {
    place: (part, rows, columns, firstRow, firstColumn) => {
      const first = firstRow / blockSize;
      const count = Math.ceil(rows / blockSize);
      for (let column = 0; column < columns; column++) {
        const at = (firstColumn + column) * blocks + first;
        codes.set(part.codes.subarray(column * count * bytes, (column + 1) * count * bytes), at * bytes);
        for (let block = 0; block < count; block++) scales[at + block] = part.scales[block * columns + column]!;
      }
      if (!symmetric)
        for (let block = 0; block < count; block++)
          zeros.set(part.zeros.subarray(block * columns, (block + 1) * columns), (first + block) * n + firstColumn);
    },
    done: () => ({ codes, scales, zeros: symmetric ? null : packZeros(zeros, n, bits) }),
  };
};

/** Adds small integers to a packed run of them, the first one in the lowest bits. */
const packInto = (target: Uint8Array, at: number, codes: Uint8Array, bits: number, flip: number): void => {
  const perByte = 8 / bits;
  for (let i = 0; i < codes.length; i++) {
    const place = at + i;
    target[Math.floor(place / perByte)]! |= (codes[i]! ^ flip) << ((place % perByte) * bits);
  }
};

const qdq = (k: number, n: number, scheme: BlockScheme): Assembly => {
  const { blockSize, bits, symmetric } = scheme;
  const blocks = Math.ceil(k / blockSize);
  const codes = new Uint8Array(Math.ceil((k * n * bits) / 8));
  const scales = new Float32Array(blocks * n);
  const zeros = new Uint8Array(symmetric ? 0 : Math.ceil((blocks * n * bits) / 8));
  // code − 2^(bits − 1) in two's complement of so many bits is the code with its top bit flipped.
  const flip = symmetric ? 2 ** (bits - 1) : 0;
  return {
    place: (part, rows, columns, firstRow, firstColumn) => {
      for (let row = 0; row < rows; row++)
        packInto(
          codes,
          (firstRow + row) * n + firstColumn,
          part.codes.subarray(row * columns, (row + 1) * columns),
          bits,
          flip,
        );
      const first = firstRow / blockSize;
      for (let block = 0; block < Math.ceil(rows / blockSize); block++) {
        const own = block * columns;
        const at = (first + block) * n + firstColumn;
        scales.set(part.scales.subarray(own, own + columns), at);
        if (!symmetric) packInto(zeros, at, part.zeros.subarray(own, own + columns), bits, 0);
      }
    },
    done: () => ({ codes, scales, zeros: symmetric ? null : zeros }),
  };
};

/** An empty matrix of operands, to be filled part by part. Parts for 'nbits' have packed codes, for 'qdq' one byte a code. */
export const assembly = (k: number, n: number, scheme: BlockScheme, form: Form): Assembly =>
  form === 'nbits' ? nbits(k, n, scheme) : qdq(k, n, scheme);

/** Multiply the scales of each column. Shapes: factors [n]. */
export const scaleColumns = (operands: Operands, n: number, form: Form, factors: Float32Array): Operands => {
  const blocks = operands.scales.length / n;
  return {
    ...operands,
    scales: operands.scales.map((scale, at) => scale * factors[form === 'nbits' ? Math.floor(at / blocks) : at % n]!),
  };
};
