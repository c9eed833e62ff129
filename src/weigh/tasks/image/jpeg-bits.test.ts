import { expect, test } from 'vitest';
import { Bits, huffmanOf } from './jpeg-bits.ts';

test('codes of all lengths lead to their symbols', () => {
  // 0 → 5; 10 → 6; 110 → 7; and 1110 0000 00 (10 bits) → 8.
  const table = huffmanOf(Uint8Array.of(1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0), Uint8Array.of(5, 6, 7, 8));
  const bits = new Bits(Uint8Array.of(0b0101_1011, 0b1000_0000, 0), 0);
  expect([1, 2, 3, 4].map(() => bits.symbol(table))).toEqual([5, 6, 7, 8]);
  expect(new Bits(Uint8Array.of(0xff, 0, 0xff, 0, 0xff, 0), 0).symbol(table)).toBe(-1);
});

test('numbers have their sign in the first bit; a stuffed byte is one byte; markers end the data', () => {
  const bits = new Bits(Uint8Array.of(0b1010_1000, 0xff, 0x00, 0xff, 0xd9), 0);
  expect([bits.signed(2), bits.signed(2), bits.signed(0), bits.take(4)]).toEqual([2, 2, 0, 8]);
  expect([bits.take(8), bits.take(8)]).toEqual([255, 0]);
  expect(new Bits(Uint8Array.of(0b0001_0000), 0).signed(3)).toBe(-7);
  expect(bits.at).toBe(3);
});

test('goes on behind a restart marker', () => {
  const bits = new Bits(Uint8Array.of(0xa0, 0xff, 0xd0, 0x50), 0);
  expect(bits.take(4)).toBe(10);
  bits.restart();
  expect(bits.take(4)).toBe(5);
});
