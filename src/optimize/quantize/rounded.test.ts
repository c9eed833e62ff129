import { expect, test } from 'vitest';
import { floatsToHalf, halfToFloats } from '../../model/tensor/index.ts';
import { context, model } from '../testing/quantized.ts';
import { rounded } from './rounded.ts';

test('every result is rounded as float16 would', async () => {
  const world = await context();
  const network = rounded(
    model('x: float32[N]; h = Cast(x) {to: 10}; n = Neg(h); y = Cast(n) {to: 1}; -> y: float32[N]'),
  );
  const values = Float32Array.of(
    0,
    1,
    Math.PI,
    1000.3,
    65000,
    -0.1,
    6e-5,
    1.2345e-5,
    3e-7,
    2 ** -24,
    1e-9,
    65519,
    65520,
    1e30,
    -3e38,
    -Infinity,
  );
  const session = await world.open(network, { graphOptimization: 'disabled' });
  try {
    const { outputs } = await session.run({ x: { dtype: 'float32', dims: [values.length], data: values } });
    const expected = halfToFloats(floatsToHalf(values)).map((value) => 0 - value);
    expect([...(outputs['y']!.data as Float32Array)].map((value) => value + 0)).toEqual([...expected]);
  } finally {
    await session.close();
  }
});

test('Dropout in training mode is left out, as ONNX Runtime leaves it out of what it optimizes', async () => {
  const world = await context();
  const network = rounded(
    model(
      'x: float32[N]; ratio = float32[]{0.5}; on = bool[]{1}; h = Cast(x) {to: 10}; d = Dropout(h, ratio, on); n = Neg(d); y = Cast(n) {to: 1}; -> y: float32[N]',
    ),
  );
  const session = await world.open(network, { graphOptimization: 'disabled' });
  try {
    const { outputs } = await session.run({ x: { dtype: 'float32', dims: [64], data: new Float32Array(64).fill(1) } });
    expect([...(outputs['y']!.data as Float32Array)]).toEqual(Array.from({ length: 64 }, () => -1));
  } finally {
    await session.close();
  }
});

test('a model without float16 stays as it is', () => {
  const plain = model('x: float32[N]; y = Neg(x)');
  expect(rounded(plain)).toBe(plain);
});
