import { SteelyardError } from '../../../contracts/index.ts';
import { Bits, type Huffman } from './jpeg-bits.ts';

/** One color of a picture: its sampling, and its frequency blocks of 64 in zigzag order undone. */
export interface Component {
  readonly id: number;
  readonly h: number;
  readonly v: number;
  readonly quantization: number;
  /** Samples that belong to the picture. */
  readonly width: number;
  readonly height: number;
  /** Blocks that are stored, filled up to whole units. */
  readonly blocksWide: number;
  readonly blocksHigh: number;
  readonly blocks: Int16Array;
}

export interface Scan {
  readonly components: readonly {
    readonly component: Component;
    readonly dc: Huffman | undefined;
    readonly ac: Huffman | undefined;
  }[];
  /** Range of frequencies, and bits above and below (progressive); baseline: 0 to 63, 0, 0. */
  readonly from: number;
  readonly to: number;
  readonly high: number;
  readonly low: number;
  readonly progressive: boolean;
  readonly restartInterval: number;
  readonly unitsWide: number;
  readonly unitsHigh: number;
}

/** Place of the i-th coded frequency in its 8 × 8 block. Source: T.81, figure 5. */
// prettier-ignore
export const zigzag = Uint8Array.of(
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
);

const broken = (): never => {
  throw new SteelyardError('data/image', 'JPEG: its pixels are damaged', 'save the picture again');
};

/** Decode one block. `state` holds the last DC value per component and the run of empty blocks. Source: T.81, annexes F and G. */
type Block = (blocks: Int16Array, at: number, index: number, dc: Huffman | undefined, ac: Huffman | undefined) => void;

const blockReader = (bits: Bits, scan: Scan): { readonly read: Block; reset(): void } => {
  const { from, to, high, low, progressive } = scan;
  const last = new Int32Array(scan.components.length);
  let run = 0;
  const symbol = (table: Huffman | undefined): number => {
    const value = table === undefined ? -1 : bits.symbol(table);
    return value < 0 ? broken() : value;
  };
  const firstDc: Block = (blocks, at, index, dc) => {
    const size = symbol(dc);
    if (size > 16) broken();
    last[index]! += bits.signed(size);
    blocks[at] = last[index]! << low;
  };
  const firstAc: Block = (blocks, at, _, __, ac) => {
    if (run > 0) {
      run -= 1;
      return;
    }
    for (let k = Math.max(1, from); k <= to; k++) {
      const code = symbol(ac);
      const [zeros, size] = [code >> 4, code & 15];
      if (size === 0) {
        if (zeros === 15) k += 15;
        else {
          run = progressive ? (1 << zeros) - 1 + bits.take(zeros) : 0;
          return;
        }
        continue;
      }
      k += zeros;
      if (k > 63) broken();
      blocks[at + zigzag[k]!] = bits.signed(size) << low;
    }
  };
  const baseline: Block = (...block) => {
    firstDc(...block);
    firstAc(...block);
  };
  const refineDc: Block = (blocks, at) => {
    if (bits.take(1) === 1) blocks[at]! |= 1 << low;
  };
  /** One more bit for a value that is not 0. */
  const sharpen = (blocks: Int16Array, place: number): void => {
    const value = blocks[place]!;
    if (bits.take(1) === 1 && (value & (1 << low)) === 0) blocks[place] = value + (value > 0 ? 1 << low : -1 << low);
  };
  const refineAc: Block = (blocks, at, _, __, ac) => {
    let k = from;
    if (run === 0)
      for (; k <= to; k++) {
        const code = symbol(ac);
        let zeros = code >> 4;
        let value = 0;
        if ((code & 15) === 0) {
          if (zeros < 15) {
            run = (1 << zeros) + bits.take(zeros);
            break;
          }
        } else value = bits.take(1) === 1 ? 1 << low : -1 << low;
        for (; k <= to; k++) {
          const place = at + zigzag[k]!;
          if (blocks[place] !== 0) sharpen(blocks, place);
          else {
            if (zeros === 0) {
              if (value !== 0) blocks[place] = value;
              break;
            }
            zeros -= 1;
          }
        }
      }
    if (run > 0) {
      for (; k <= to; k++) if (blocks[at + zigzag[k]!] !== 0) sharpen(blocks, at + zigzag[k]!);
      run -= 1;
    }
  };
  const read = !progressive
    ? baseline
    : from === 0
      ? high === 0
        ? firstDc
        : refineDc
      : high === 0
        ? firstAc
        : refineAc;
  return {
    read,
    reset: () => {
      last.fill(0);
      run = 0;
    },
  };
};

/** Read a scan's entropy-coded data into its components' blocks. Returns where it ended. Errors: `data/image`. */
export const readScan = (bytes: Uint8Array, at: number, scan: Scan): number => {
  const bits = new Bits(bytes, at);
  const { components, restartInterval } = scan;
  const { read, reset } = blockReader(bits, scan);
  const alone = components.length === 1 ? components[0]! : null;
  const [wide, high] =
    alone === null
      ? [scan.unitsWide, scan.unitsHigh]
      : [Math.ceil(alone.component.width / 8), Math.ceil(alone.component.height / 8)];
  for (let unit = 0; unit < wide * high; unit++) {
    if (restartInterval > 0 && unit > 0 && unit % restartInterval === 0) {
      bits.restart();
      reset();
    }
    const [row, column] = [Math.floor(unit / wide), unit % wide];
    for (const [index, { component, dc, ac }] of components.entries()) {
      const { h, v, blocks, blocksWide } = component;
      const [down, across] = alone === null ? [v, h] : [1, 1];
      for (let y = 0; y < down; y++)
        for (let x = 0; x < across; x++)
          read(blocks, ((row * down + y) * blocksWide + column * across + x) * 64, index, dc, ac);
    }
  }
  return bits.at;
};
