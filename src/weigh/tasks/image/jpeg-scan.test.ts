import { expect, test } from 'vitest';
import { huffmanOf } from './jpeg-bits.ts';
import { readScan, zigzag, type Component, type Scan } from './jpeg-scan.ts';

const component = (): Component => ({
  id: 1,
  h: 1,
  v: 1,
  quantization: 0,
  width: 16,
  height: 8,
  blocksWide: 2,
  blocksHigh: 1,
  blocks: new Int16Array(128),
});
/** Codes of one or two bits: 0 → the first symbol, 10 → the second. */
const table = (...symbols: number[]) =>
  huffmanOf(Uint8Array.of(1, 1, ...Array.from({ length: 14 }, () => 0)), Uint8Array.from(symbols));
const scan = (one: Component, more: Partial<Scan> = {}): Scan => ({
  components: [{ component: one, dc: table(0, 2), ac: table(0, 0x11) }],
  from: 0,
  to: 63,
  high: 0,
  low: 0,
  progressive: false,
  restartInterval: 0,
  unitsWide: 2,
  unitsHigh: 1,
  ...more,
});

test('blocks hold differences of the mean, and frequencies at their places', () => {
  const one = component();
  // Mean +3 (10 11); one zero, then +1 (10 1); end (0). Then mean +0 (0), end (0).
  readScan(Uint8Array.of(0b1011_1010, 0b0000_0000), 0, scan(one));
  expect([one.blocks[0], one.blocks[zigzag[2]!], one.blocks[64]]).toEqual([3, 1, 3]);
  expect(one.blocks.filter((value) => value !== 0)).toHaveLength(3);
});

test('a progressive scan adds one bit to what is there', () => {
  const one = component();
  one.blocks[0] = 4;
  readScan(Uint8Array.of(0b1000_0000), 0, scan(one, { progressive: true, to: 0, high: 1, low: 0 }));
  expect([one.blocks[0], one.blocks[64]]).toEqual([5, 0]);
});

test('codes without a table are damage', () => {
  const one = component();
  const without = scan(one);
  expect(() =>
    readScan(Uint8Array.of(0), 0, { ...without, components: [{ component: one, dc: undefined, ac: undefined }] }),
  ).toThrowError(expect.objectContaining({ code: 'data/image' }));
});
