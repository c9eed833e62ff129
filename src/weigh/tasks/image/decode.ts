import { readFileSync } from 'node:fs';
import { SteelyardError, type Image } from '../../../contracts/index.ts';
import { decodeJpeg } from './jpeg.ts';
import type { Pixels } from './pixels.ts';
import { decodePng } from './png.ts';

const starts = (bytes: Uint8Array, ...first: readonly number[]): boolean =>
  first.every((byte, at) => bytes[at] === byte);

const bytesOf = (image: Exclude<Image, { kind: 'pixels' }>): Uint8Array => {
  if (image.kind === 'bytes') return image.bytes;
  try {
    return readFileSync(image.path);
  } catch (cause) {
    throw new SteelyardError(
      'data/image',
      `cannot read ${image.path}: ${(cause as Error).message}`,
      'the picture was there when the data was read',
    );
  }
};

/** The pixels of a picture: PNG, JPEG, or as they are. Errors: `data/image` naming whose picture it is. */
export const decodeImage = (image: Image, whose: string): Pixels => {
  if (image.kind === 'pixels') {
    const { dims, data } = image.pixels;
    const [height, width, depth = 1] = dims as [number, number, number?];
    const bytes = data as Uint8Array;
    if (depth !== 4) return { height, width, channels: depth === 3 ? 3 : 1, data: bytes };
    const out = new Uint8Array(height * width * 3);
    for (let at = 0; at < height * width; at++) out.set(bytes.subarray(at * 4, at * 4 + 3), at * 3);
    return { height, width, channels: 3, data: out };
  }
  const bytes = bytesOf(image);
  const name = image.kind === 'file' ? image.path : whose;
  try {
    if (starts(bytes, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return decodePng(bytes);
    if (starts(bytes, 0xff, 0xd8)) return decodeJpeg(bytes);
  } catch (error) {
    if (error instanceof SteelyardError) throw new SteelyardError(error.code, `${name}: ${error.message}`, error.hint);
    throw error;
  }
  throw new SteelyardError(
    'data/image',
    `${name} is neither PNG nor JPEG`,
    'convert it, or give its pixels as an array',
  );
};
