import { expect, test } from 'vitest';
import { observe } from '../calibrate/index.ts';
import { context, model } from '../testing/quantized.ts';
import { crossMoments } from './cross-moments.ts';

test.each([7, 11, 17])('products of a value with itself and with another, opset %i', async (opset) => {
  const subject = model(
    `opset ${opset}; x: float32[N, S, 2]; w = float32[2, 1] {1.0, -1.0}; y = MatMul(x, w); z = Relu(y)\n-> z`,
  );
  const statistic = crossMoments(2, 'y', 1);
  const world = await context(async function* calibration() {
    yield { x: { dtype: 'float32', dims: [1, 2, 2], data: Float32Array.of(1, 2, 3, 5) } };
    yield { x: { dtype: 'float32', dims: [1, 1, 2], data: Float32Array.of(0, 4) } };
  });
  await observe(subject, [{ value: 'x', statistic }], world);
  // Rows [1, 2], [3, 5], [0, 4]; y = −1, −2, −4.
  expect([...statistic.moments()]).toEqual([10, 17, 4, 17, 45, 11, 4, 11, 3]);
  expect([...statistic.cross()]).toEqual([-7, -28, -7]);
  expect([...statistic.squares()]).toEqual([21]);
});
