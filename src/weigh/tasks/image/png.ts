import { inflateSync } from 'node:zlib';
import { SteelyardError } from '../../../contracts/index.ts';
import type { Pixels } from './pixels.ts';

const fail = (what: string): never => {
  throw new SteelyardError('data/image', `PNG: ${what}`, 'save the picture again');
};

/** Most pixels of one picture: what is larger is a mistake or an attack. */
export const mostPixels = 64 * 1024 * 1024;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  /** 0 gray, 2 RGB, 3 palette, 4 gray with alpha, 6 RGB with alpha. */
  readonly color: number;
  readonly interlaced: boolean;
}

const depths: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
const samplesOf = (color: number): number => ({ 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 })[color] ?? 0;

const readChunks = (bytes: Uint8Array) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: Header | null = null;
  let palette: Uint8Array | null = null;
  const data: Uint8Array[] = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (at + 12 + length > bytes.length) break;
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') {
      if (length < 13) fail('its header is too short');
      const [width, height] = [view.getUint32(at + 8), view.getUint32(at + 12)];
      const [depth, color, , , interlace] = body.subarray(8, 13) as unknown as number[];
      header = { width, height, depth: depth!, color: color!, interlaced: interlace === 1 };
    } else if (type === 'PLTE') palette = body;
    else if (type === 'IDAT') data.push(body);
    else if (type === 'IEND') break;
    at += 12 + length;
  }
  return { header, palette, data };
};

const paeth = (a: number, b: number, c: number): number => {
  const p = a + b - c;
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
};

/** Undo the filters of one pass in place. Source: PNG specification (ISO/IEC 15948), §9. */
const unfilter = (raw: Uint8Array, from: number, rows: number, stride: number, step: number): void => {
  for (let row = 0; row < rows; row++) {
    const at = from + row * (stride + 1);
    const kind = raw[at]!;
    if (kind > 4) fail(`the filter ${kind} does not exist`);
    for (let i = 1; i <= stride; i++) {
      const left = i > step ? raw[at + i - step]! : 0;
      const up = row > 0 ? raw[at + i - stride - 1]! : 0;
      const corner = row > 0 && i > step ? raw[at + i - stride - 1 - step]! : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][kind]!;
      raw[at + i] = raw[at + i]! + guess;
    }
  }
};

/** Passes of Adam7: first column and row, and how far apart. */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** Read a PNG of any kind: gray, RGB or palette, 1 to 16 bits, interlaced or not. Transparency is dropped, 16 bits lose their low byte.
 *  Errors: `data/image`. Source: PNG specification (ISO/IEC 15948). */
export const decodePng = (bytes: Uint8Array): Pixels => {
  const { header, palette, data } = readChunks(bytes);
  if (header === null) return fail('it has no header');
  const { width, height, depth, color, interlaced } = header;
  if (width === 0 || height === 0 || width * height > mostPixels)
    fail(`${width} × ${height} pixels, at most ${mostPixels} in all`);
  if (!(depths[color] ?? []).includes(depth)) fail(`the color type ${color} with ${depth} bits does not exist`);
  if (color === 3 && palette === null) fail('its palette is missing');
  const samples = samplesOf(color);
  const step = Math.max(1, (samples * depth) >> 3);
  const strideOf = (columns: number): number => Math.ceil((columns * samples * depth) / 8);
  const parts = (interlaced ? passes : ([[0, 0, 1, 1]] as const)).map(([x, y, dx, dy]) => ({
    x,
    y,
    dx,
    dy,
    columns: Math.ceil((width - x) / dx),
    rows: Math.ceil((height - y) / dy),
  }));
  const used = parts.filter(({ columns, rows }) => columns > 0 && rows > 0);
  const size = used.reduce((sum, { columns, rows }) => sum + rows * (strideOf(columns) + 1), 0);
  let raw: Uint8Array;
  try {
    raw = inflateSync(Buffer.concat(data), { maxOutputLength: size + 1024 });
  } catch (cause) {
    return fail(`its pixels do not unpack (${(cause as Error).message})`);
  }
  if (raw.length < size) fail('its pixels end too early');
  const channels = color === 0 || color === 4 ? 1 : 3;
  const out = new Uint8Array(width * height * channels);
  const wide = 255 / (2 ** Math.min(8, depth) - 1);
  let from = 0;
  for (const { x, y, dx, dy, columns, rows } of used) {
    const stride = strideOf(columns);
    unfilter(raw, from, rows, stride, step);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const to = ((y + row * dy) * width + x + column * dx) * channels;
        for (let sample = 0; sample < (color === 3 ? 1 : channels); sample++) {
          const bit = (column * samples + sample) * depth;
          const byte = raw[from + row * (stride + 1) + 1 + (bit >> 3)]!;
          const value = depth >= 8 ? byte : (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
          if (color !== 3) out[to + sample] = depth >= 8 ? value : value * wide;
          else for (let c = 0; c < 3; c++) out[to + c] = palette![value * 3 + c] ?? 0;
        }
      }
    from += rows * (stride + 1);
  }
  return { width, height, channels, data: out };
};
