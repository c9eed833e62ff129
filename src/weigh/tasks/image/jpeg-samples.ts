import type { Component } from './jpeg-scan.ts';

/** One color as samples, without the filling of its last blocks. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

const fix = (x: number): number => Math.floor(x * 8192 + 0.5);
const [f0298, f0390, f0541, f0765, f0899, f1175] = [
  0.298631336, 0.390180644, 0.5411961, 0.765366865, 0.899976223, 1.175875602,
].map(fix) as [number, number, number, number, number, number];
const [f1501, f1847, f1961, f2053, f2562, f3072] = [
  1.50132111, 1.847759065, 1.96157056, 2.053119869, 2.562915447, 3.072711026,
].map(fix) as [number, number, number, number, number, number];

/** One pass of the transform over eight values `step` apart; `shift` bits are rounded off. */
const transform = (work: Int32Array, at: number, step: number, shift: number): void => {
  const half = 1 << (shift - 1);
  const v = (index: number): number => work[at + index * step]!;
  const [z2, z3] = [v(2), v(6)];
  const z1 = Math.imul(z2 + z3, f0541);
  const even2 = z1 - Math.imul(z3, f1847);
  const even3 = z1 + Math.imul(z2, f0765);
  const even0 = (v(0) + v(4)) << 13;
  const even1 = (v(0) - v(4)) << 13;
  const [t10, t13, t11, t12] = [even0 + even3, even0 - even3, even1 + even2, even1 - even2];
  const [a, b, c, d] = [v(7), v(5), v(3), v(1)];
  const z5 = Math.imul(a + c + b + d, f1175);
  const p1 = -Math.imul(a + d, f0899);
  const p2 = -Math.imul(b + c, f2562);
  const p3 = z5 - Math.imul(a + c, f1961);
  const p4 = z5 - Math.imul(b + d, f0390);
  const o0 = Math.imul(a, f0298) + p1 + p3;
  const o1 = Math.imul(b, f2053) + p2 + p4;
  const o2 = Math.imul(c, f3072) + p2 + p3;
  const o3 = Math.imul(d, f1501) + p1 + p4;
  work[at] = (t10 + o3 + half) >> shift;
  work[at + 7 * step] = (t10 - o3 + half) >> shift;
  work[at + step] = (t11 + o2 + half) >> shift;
  work[at + 6 * step] = (t11 - o2 + half) >> shift;
  work[at + 2 * step] = (t12 + o1 + half) >> shift;
  work[at + 5 * step] = (t12 - o1 + half) >> shift;
  work[at + 3 * step] = (t13 + o0 + half) >> shift;
  work[at + 4 * step] = (t13 - o0 + half) >> shift;
};

/** The samples of a component: dequantized, transformed, shifted to 0–255. Bit for bit as libjpeg's accurate integer method.
 *  Source: Loeffler, Ligtenberg & Moschytz 1989, in libjpeg's fixed point (jidctint.c: 13 bits, 2 kept between the passes). */
export const samplesOf = ({ width, height, blocksWide, blocks }: Component, table: Uint16Array): Plane => {
  const data = new Uint8Array(width * height);
  const work = new Int32Array(64);
  for (let by = 0; by * 8 < height; by++)
    for (let bx = 0; bx * 8 < width; bx++) {
      const from = (by * blocksWide + bx) * 64;
      for (let i = 0; i < 64; i++) work[i] = Math.imul(blocks[from + i]!, table[i]!);
      for (let column = 0; column < 8; column++) transform(work, column, 8, 11);
      for (let row = 0; row < 8; row++) transform(work, row * 8, 1, 18);
      for (let y = 0; y < 8 && by * 8 + y < height; y++)
        for (let x = 0; x < 8 && bx * 8 + x < width; x++)
          data[(by * 8 + y) * width + bx * 8 + x] = Math.max(0, Math.min(255, work[y * 8 + x]! + 128));
    }
  return { width, height, data };
};

/** Twice as wide: three parts of the nearer sample, one of the farther. Values arrive scaled by `scale` ∈ {1, 4}: sums of rows. */
const widen = (row: (x: number) => number, count: number, out: Uint8Array, to: number, scaled: boolean): void => {
  const [shift, low, high] = scaled ? [4, 8, 7] : [2, 1, 2];
  for (let x = 0; x < count; x++) {
    const own = row(x);
    const [before, after] = [x > 0 ? row(x - 1) : null, x + 1 < count ? row(x + 1) : null];
    out[to + 2 * x] = before === null ? (scaled ? (own * 4 + 8) >> 4 : own) : (own * 3 + before + low) >> shift;
    out[to + 2 * x + 1] = after === null ? (scaled ? (own * 4 + 7) >> 4 : own) : (own * 3 + after + high) >> shift;
  }
};

/** A plane `h` times as wide and `v` times as high. Doubling is smooth, as libjpeg's "fancy" upsampling; anything else repeats samples.
 *  Source: libjpeg-turbo, jdsample.c. */
export const upsample = ({ width, height, data }: Plane, h: number, v: number): Plane => {
  if (h === 1 && v === 1) return { width, height, data };
  const [wide, high] = [width * h, height * v];
  const out = new Uint8Array(wide * high);
  const at = (x: number, y: number): number => data[Math.max(0, Math.min(height - 1, y)) * width + x]!;
  const smooth = width > 2;
  if (h === 2 && v === 1 && smooth) {
    for (let y = 0; y < height; y++) widen((x) => at(x, y), width, out, y * wide, false);
  } else if (h === 2 && v === 2 && smooth) {
    for (let y = 0; y < high; y++) {
      const [near, far] = [y >> 1, (y >> 1) + (y % 2 === 0 ? -1 : 1)];
      widen((x) => at(x, near) * 3 + at(x, far), width, out, y * wide, true);
    }
  } else if (h === 1 && v === 2) {
    for (let y = 0; y < high; y++) {
      const [near, far, half] = [y >> 1, (y >> 1) + (y % 2 === 0 ? -1 : 1), y % 2 === 0 ? 1 : 2];
      for (let x = 0; x < width; x++) out[y * wide + x] = (at(x, near) * 3 + at(x, far) + half) >> 2;
    }
  } else
    for (let y = 0; y < high; y++)
      for (let x = 0; x < wide; x++) out[y * wide + x] = at(Math.floor(x / h), Math.floor(y / v));
  return { width: wide, height: high, data: out };
};
