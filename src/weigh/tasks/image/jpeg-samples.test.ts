import { expect, test } from 'vitest';
import { samplesOf, upsample, type Plane } from './jpeg-samples.ts';

test('the mean alone makes an even block, with what lies outside of the picture cut off', () => {
  const blocks = new Int16Array(64);
  blocks[0] = 10;
  const plane = samplesOf(
    { id: 1, h: 1, v: 1, quantization: 0, width: 3, height: 2, blocksWide: 1, blocksHigh: 1, blocks },
    new Uint16Array(64).fill(8),
  );
  // 10 · 8 ÷ 8 + 128.
  expect(plane).toEqual({ width: 3, height: 2, data: new Uint8Array(6).fill(138) });
});

test('values are clipped to 0 to 255', () => {
  const blocks = new Int16Array(64);
  blocks[0] = 2000;
  const of = { id: 1, h: 1, v: 1, quantization: 0, width: 8, height: 8, blocksWide: 1, blocksHigh: 1, blocks };
  expect(samplesOf(of, new Uint16Array(64).fill(2)).data[0]).toBe(255);
});

test('doubling is smooth, any other factor repeats', () => {
  const plane: Plane = { width: 3, height: 1, data: Uint8Array.of(0, 100, 200) };
  expect([...upsample(plane, 2, 1).data]).toEqual([0, 25, 75, 125, 175, 200]);
  expect([...upsample(plane, 3, 1).data]).toEqual([0, 0, 0, 100, 100, 100, 200, 200, 200]);
  expect(upsample(plane, 1, 1).data).toEqual(plane.data);
  const column: Plane = { width: 1, height: 2, data: Uint8Array.of(0, 100) };
  expect([...upsample(column, 1, 2).data]).toEqual([0, 25, 75, 100]);
});
