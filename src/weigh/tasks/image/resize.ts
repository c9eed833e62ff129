import type { Pixels } from './pixels.ts';

/** Pillow's numbers for its filters. */
export type Filter = 'nearest' | 'lanczos' | 'bilinear' | 'bicubic' | 'box' | 'hamming';

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

const filters: Readonly<
  Record<Exclude<Filter, 'nearest'>, { readonly support: number; readonly weigh: (x: number) => number }>
> = {
  box: { support: 0.5, weigh: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weigh: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    support: 1,
    weigh: (x) => (Math.abs(x) >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x))),
  },
  bicubic: {
    support: 2,
    weigh: (raw) => {
      const [a, x] = [-0.5, Math.abs(raw)];
      if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    },
  },
  lanczos: { support: 3, weigh: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Weights in fixed point with this many bits after the point. */
const bits = 22;

interface Taps {
  readonly from: number;
  readonly weights: Int32Array;
}

/** For every output place: where its inputs start, and their weights as integers. */
const tapsOf = (size: number, wanted: number, filter: Exclude<Filter, 'nearest'>): readonly Taps[] => {
  const { support, weigh } = filters[filter];
  const scale = size / wanted;
  const wide = Math.max(1, scale);
  return Array.from({ length: wanted }, (_, at) => {
    const center = (at + 0.5) * scale;
    const from = Math.max(0, Math.trunc(center - support * wide + 0.5));
    const to = Math.min(size, Math.trunc(center + support * wide + 0.5));
    const raw = Array.from({ length: to - from }, (__, i) => weigh((i + from - center + 0.5) / wide));
    const sum = raw.reduce((all, one) => all + one, 0);
    return {
      from,
      weights: Int32Array.from(raw, (one) => {
        const share = sum === 0 ? one : one / sum;
        return Math.trunc((share < 0 ? -0.5 : 0.5) + share * 2 ** bits);
      }),
    };
  });
};

/** Half of the last place, for rounding. Sums stay below 2³¹: weights add up to 1, and no filter overshoots by half. */
const half = 1 << (bits - 1);

const clip = (sum: number): number => {
  const value = sum >> bits;
  return value < 0 ? 0 : value > 255 ? 255 : value;
};

const horizontal = ({ width, height, channels, data }: Pixels, taps: readonly Taps[]): Pixels => {
  const out = new Uint8Array(taps.length * height * channels);
  for (let x = 0; x < taps.length; x++) {
    const { from, weights } = taps[x]!;
    const count = weights.length;
    for (let y = 0; y < height; y++)
      for (let c = 0; c < channels; c++) {
        let sum = half;
        let at = (y * width + from) * channels + c;
        for (let i = 0; i < count; i++, at += channels) sum = (sum + Math.imul(data[at]!, weights[i]!)) | 0;
        out[(y * taps.length + x) * channels + c] = clip(sum);
      }
  }
  return { width: taps.length, height, channels, data: out };
};

const vertical = ({ width, channels, data }: Pixels, taps: readonly Taps[]): Pixels => {
  const row = width * channels;
  const out = new Uint8Array(row * taps.length);
  for (let y = 0; y < taps.length; y++) {
    const { from, weights } = taps[y]!;
    const count = weights.length;
    for (let column = 0; column < row; column++) {
      let sum = half;
      let at = from * row + column;
      for (let i = 0; i < count; i++, at += row) sum = (sum + Math.imul(data[at]!, weights[i]!)) | 0;
      out[y * row + column] = clip(sum);
    }
  }
  return { width, height: taps.length, channels, data: out };
};

const nearest = ({ width, height, channels, data }: Pixels, wantedWidth: number, wantedHeight: number): Pixels => {
  const out = new Uint8Array(wantedWidth * wantedHeight * channels);
  for (let y = 0; y < wantedHeight; y++) {
    const row = Math.min(height - 1, Math.floor((y + 0.5) * (height / wantedHeight)));
    for (let x = 0; x < wantedWidth; x++) {
      const column = Math.min(width - 1, Math.floor((x + 0.5) * (width / wantedWidth)));
      for (let c = 0; c < channels; c++)
        out[(y * wantedWidth + x) * channels + c] = data[(row * width + column) * channels + c]!;
    }
  }
  return { width: wantedWidth, height: wantedHeight, channels, data: out };
};

/** A picture in another size, bit for bit as Pillow resizes 8-bit pictures: the filter widens when it shrinks, weights are fixed-point numbers,
 *  rows are rounded to 8 bits before columns. Source: Pillow, Resample.c (precompute_coeffs, ImagingResampleHorizontal_8bpc). */
export const resize = (pixels: Pixels, height: number, width: number, filter: Filter): Pixels => {
  if (filter === 'nearest') return nearest(pixels, width, height);
  const wide = pixels.width === width ? pixels : horizontal(pixels, tapsOf(pixels.width, width, filter));
  return pixels.height === height ? wide : vertical(wide, tapsOf(pixels.height, height, filter));
};
