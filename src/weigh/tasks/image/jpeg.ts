import { SteelyardError } from '../../../contracts/index.ts';
import { huffmanOf, type Huffman } from './jpeg-bits.ts';
import { samplesOf, upsample, type Plane } from './jpeg-samples.ts';
import { readScan, zigzag, type Component } from './jpeg-scan.ts';
import type { Pixels } from './pixels.ts';
import { mostPixels } from './png.ts';

const fail = (what: string, hint = 'save the picture again'): never => {
  throw new SteelyardError('data/image', `JPEG: ${what}`, hint);
};

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly progressive: boolean;
  readonly maxH: number;
  readonly maxV: number;
  readonly components: readonly Component[];
}

const readFrame = (body: Uint8Array, progressive: boolean): Frame => {
  const [precision, h1, h0, w1, w0, count] = body as unknown as [number, number, number, number, number, number];
  const [height, width] = [(h1 << 8) | h0, (w1 << 8) | w0];
  if (precision !== 8) fail(`${precision} bits per sample, expected 8`);
  if (width === 0 || height === 0 || width * height > mostPixels)
    fail(`${width} × ${height} pixels, at most ${mostPixels} in all`);
  if (count !== 1 && count !== 3)
    fail(`${count} colors, expected gray or three`, 'convert the picture from CMYK to RGB');
  const raw = Array.from({ length: count }, (_, at) => {
    const [id, sampling, quantization] = body.subarray(6 + 3 * at, 9 + 3 * at) as unknown as [number, number, number];
    return { id, h: sampling >> 4, v: sampling & 15, quantization };
  });
  if (raw.some(({ h, v }) => !(h >= 1 && h <= 4 && v >= 1 && v <= 4))) fail('its sampling makes no sense');
  const [maxH, maxV] = [Math.max(...raw.map(({ h }) => h)), Math.max(...raw.map(({ v }) => v))];
  const components = raw.map(({ id, h, v, quantization }): Component => {
    const blocksWide = Math.ceil(width / (8 * maxH)) * h;
    const blocksHigh = Math.ceil(height / (8 * maxV)) * v;
    return {
      id,
      h,
      v,
      quantization,
      blocksWide,
      blocksHigh,
      width: Math.ceil((width * h) / maxH),
      height: Math.ceil((height * v) / maxV),
      blocks: new Int16Array(blocksWide * blocksHigh * 64),
    };
  });
  return { width, height, progressive, maxH, maxV, components };
};

const readQuantization = (body: Uint8Array, tables: Map<number, Uint16Array>): void => {
  for (let at = 0; at < body.length;) {
    const [wide, id] = [body[at]! >> 4 > 0, body[at]! & 15];
    at += 1;
    const table = new Uint16Array(64);
    for (let i = 0; i < 64; i++) {
      table[zigzag[i]!] = wide ? (body[at]! << 8) | body[at + 1]! : body[at]!;
      at += wide ? 2 : 1;
    }
    tables.set(id, table);
  }
};

const readHuffman = (body: Uint8Array, tables: Map<number, Huffman>): void => {
  for (let at = 0; at + 17 <= body.length;) {
    const counts = body.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    tables.set(body[at]!, huffmanOf(counts, body.subarray(at + 17, at + 17 + total)));
    at += 17 + total;
  }
};

/** Luma and two differences to RGB, in libjpeg's 16-bit fixed point (jdcolor.c). */
const toRgb = (planes: readonly Plane[], width: number, height: number, isRgb: boolean): Uint8Array => {
  const out = new Uint8Array(width * height * 3);
  const [first, second, third] = planes as [Plane, Plane, Plane];
  const clip = (value: number): number => Math.max(0, Math.min(255, value));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const to = (y * width + x) * 3;
      const a = first.data[y * first.width + x]!;
      const b = second.data[y * second.width + x]!;
      const c = third.data[y * third.width + x]!;
      if (isRgb) {
        out[to] = a;
        out[to + 1] = b;
        out[to + 2] = c;
        continue;
      }
      const [cb, cr] = [b - 128, c - 128];
      out[to] = clip(a + ((91_881 * cr + 32_768) >> 16));
      out[to + 1] = clip(a + ((-22_554 * cb - 46_802 * cr + 32_768) >> 16));
      out[to + 2] = clip(a + ((116_130 * cb + 32_768) >> 16));
    }
  return out;
};

/** Read a JPEG: baseline or progressive, gray or color, any sampling; bit for bit as libjpeg-turbo with its default settings. Turned pictures
 *  (EXIF) stay as they are stored. Errors: `data/image` (damaged, 12 bits, arithmetic coding, lossless, CMYK). Source: ITU-T T.81. */
export const decodeJpeg = (bytes: Uint8Array): Pixels => {
  const quantization = new Map<number, Uint16Array>();
  const huffman = new Map<number, Huffman>();
  let frame: Frame | null = null;
  let restartInterval = 0;
  let transform = -1;
  let scans = 0;
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) {
      at += 1;
      continue;
    }
    const marker = bytes[at + 1]!;
    if (marker === 0xff || marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    if (marker === 0xd9) break;
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    const body = bytes.subarray(at + 4, at + 2 + length);
    at += 2 + length;
    if (length < 2 || at > bytes.length) fail('it ends too early');
    if (marker === 0xdb) readQuantization(body, quantization);
    else if (marker === 0xc4) readHuffman(body, huffman);
    else if (marker === 0xdd) restartInterval = (body[0]! << 8) | body[1]!;
    else if (marker === 0xee && body.length >= 12 && String.fromCharCode(...body.subarray(0, 5)) === 'Adobe')
      transform = body[11]!;
    else if (marker === 0xc0 || marker === 0xc1 || marker === 0xc2) {
      if (frame !== null) fail('it has two frames');
      frame = readFrame(body, marker === 0xc2);
    } else if (marker >= 0xc3 && marker <= 0xcf && marker !== 0xc8 && marker !== 0xcc)
      fail('it is lossless, hierarchical or arithmetic-coded', 'save it as an ordinary JPEG or PNG');
    else if (marker === 0xda) {
      if (frame === null) return fail('its pixels come before its header');
      if (++scans > 100) fail('it has more than 100 scans');
      const { components, maxH, maxV, width, height, progressive } = frame;
      const count = body[0]!;
      const chosen = Array.from({ length: count }, (_, i) => {
        const component = components.find(({ id }) => id === body[1 + 2 * i]);
        if (component === undefined) return fail('a scan names a color that is not there');
        const tables = body[2 + 2 * i]!;
        return { component, dc: huffman.get(tables >> 4), ac: huffman.get(0x10 | (tables & 15)) };
      });
      const [from, to, bits] = body.subarray(1 + 2 * count) as unknown as [number, number, number];
      at = readScan(bytes, at, {
        components: chosen,
        progressive,
        restartInterval,
        ...(progressive
          ? { from, to: Math.min(63, to), high: bits >> 4, low: bits & 15 }
          : { from: 0, to: 63, high: 0, low: 0 }),
        unitsWide: Math.ceil(width / (8 * maxH)),
        unitsHigh: Math.ceil(height / (8 * maxV)),
      });
    }
  }
  if (frame === null || scans === 0) return fail('it holds no picture');
  const { width, height, components, maxH, maxV } = frame;
  const planes = components.map((component) => {
    const table = quantization.get(component.quantization) ?? fail('a quantization table is missing');
    if (maxH % component.h !== 0 || maxV % component.v !== 0) fail('its sampling is no whole number');
    return upsample(samplesOf(component, table), maxH / component.h, maxV / component.v);
  });
  if (planes.length === 1) return { width, height, channels: 1, data: planes[0]!.data };
  const named = components.map(({ id }) => String.fromCharCode(id)).join('');
  return {
    width,
    height,
    channels: 3,
    data: toRgb(planes, width, height, transform === 0 || (transform < 0 && named === 'RGB')),
  };
};
