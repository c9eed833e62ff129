import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Pixels } from '../pixels.ts';

interface Picture {
  readonly h: number;
  readonly w: number;
  readonly mode: string;
  readonly settings?: string;
  readonly file: string;
  readonly sha: string;
}

const path = join(dirname(fileURLToPath(import.meta.url)), '..', 'fixtures', 'pillow-golden.json');

/** Made with Pillow 9.4 (libjpeg-turbo 2.1): files, and sha256 of the pixels that it reads from them; a picture, and sha256 of what it makes of it. */
export const golden = JSON.parse(readFileSync(path, 'utf8')) as {
  readonly jpeg: readonly Picture[];
  readonly png: readonly Picture[];
  readonly resize: readonly {
    readonly filter: 'nearest' | 'lanczos' | 'bilinear' | 'bicubic' | 'box' | 'hamming';
    readonly h: number;
    readonly w: number;
    readonly sha: string;
    readonly first: readonly number[];
  }[];
  readonly l: string;
  readonly source: { readonly h: number; readonly w: number; readonly pixels: string };
};

export const bytesOf = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'));
export const sha = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
export const source = (): Pixels => ({
  width: golden.source.w,
  height: golden.source.h,
  channels: 3,
  data: bytesOf(golden.source.pixels),
});
