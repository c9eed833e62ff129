import { expect, test } from 'vitest';
import { tensor } from '../../../model/tensor/index.ts';
import { context } from '../../testing/quantized.ts';
import { codeBias, codeWeight, finestScale, readWeight, type ChannelView } from './weights.ts';

const view = (values: number[], channels: number, inner: number): ChannelView => ({
  values: Float32Array.from(values),
  channels,
  inner,
  dims: [],
  axis: 0,
});
const int8 = { type: 'int8', perChannel: true, bits: 8 } as const;
const uint8 = { type: 'uint8', perChannel: false, bits: 8 } as const;

test('channels of a matrix are columns, those of a kernel are rows', () => {
  const values = [1, 10, -2, 20];
  expect([...codeWeight(view(values, 2, 1), int8).scales]).toEqual([Math.fround(2 / 127), Math.fround(20 / 127)]);
  expect([...codeWeight(view(values, 2, 2), int8).scales]).toEqual([Math.fround(10 / 127), Math.fround(20 / 127)]);
  expect([...codeWeight(view(values, 2, 2), int8).codes]).toEqual([13, 127, -13, 127]);
});

test('uint8 covers the range of a weight, and is symmetric around 128 per channel', () => {
  const whole = codeWeight(view([-1, 2], 1, 2), uint8);
  expect([...whole.codes, ...whole.zeroPoints]).toEqual([0, 255, 85]);
  const each = codeWeight(view([-1, 2, 0.5, 3], 2, 2), { ...uint8, perChannel: true });
  expect([...each.zeroPoints]).toEqual([128, 128]);
  expect([...each.codes]).toEqual([64, 255, 149, 255]);
});

test('seven bits stay in half the range', () => {
  expect([...codeWeight(view([-1, 1], 1, 2), { ...int8, bits: 7 }).codes]).toEqual([-64, 64]);
  expect([...codeWeight(view([-1, 1], 1, 2), { ...uint8, perChannel: true, bits: 7 }).codes]).toEqual([1, 127]);
});

test('a bias raises a scale that would overflow it; a channel without weights keeps the bias', () => {
  const bias = Float32Array.of(1000, 3);
  const weight = codeWeight(view([1e-9, 0], 2, 1), int8, (channel) => finestScale(bias[channel]!, 0.01));
  const { codes, scales } = codeBias(bias, 0.01, weight.scales);
  expect(Math.abs(codes[0]!)).toBeLessThanOrEqual(2 ** 28 * 1.001);
  expect(codes[0]! * scales[0]!).toBeCloseTo(1000, 3);
  expect(codes[1]! * scales[1]!).toBeCloseTo(3, 6);
  // Without a bias nothing is raised, and nothing is divided by zero.
  expect([...codeWeight(view([0, 0], 2, 1), int8).scales]).toEqual([1, 1]);
});

test('a raised scale moves an asymmetric zero point with it', () => {
  const { codes, scales, zeroPoints } = codeWeight(view([-1, 3], 1, 2), uint8, () => 0.5);
  expect([...codes].map((code) => (code - zeroPoints[0]!) * scales[0]!)).toEqual([-1, 3]);
});

test('NaN is no weight', async () => {
  const bad = tensor('float32', [2, 1, 1], Float32Array.of(1, Number.NaN));
  expect(await readWeight({ name: 'k', tensor: bad, linear: null }, await context())).toBeNull();
});
