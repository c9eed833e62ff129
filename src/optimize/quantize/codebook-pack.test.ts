import { expect, test } from 'vitest';
import { packPlane, planeTable, planesOf } from './codebook-pack.ts';

test.each([1, 2, 3, 4, 5, 6, 7, 8])('%i bits: looking bytes up and adding planes gives the codes back', (bits) => {
  const codes = Uint8Array.from({ length: 64 }, (_, i) => (i * 37) % 2 ** bits);
  const back = Array.from({ length: 64 }, () => 0);
  let bytes = 0;
  for (const plane of planesOf(bits)) {
    const packed = packPlane(codes, plane);
    bytes += packed.length;
    const table = new Int32Array((planeTable(plane).data as { bytes: Uint8Array }).bytes.slice().buffer);
    const each = 8 / plane.bits;
    for (let i = 0; i < 64; i++) back[i]! += table[packed[Math.floor(i / each)]! * each + (i % each)]!;
  }
  expect(back).toEqual([...codes]);
  expect(bytes).toBe((64 * bits) / 8);
});

test('a last byte that is not full ends in zeros', () => {
  expect([...packPlane(Uint8Array.of(1, 2, 3), { bits: 4, shift: 0 })]).toEqual([0x21, 0x03]);
  expect(planeTable({ bits: 8, shift: 0 }).dims).toEqual([256]);
});
