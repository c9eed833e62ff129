import { expect, test } from 'vitest';
import { observe } from '../calibrate/index.ts';
import { seeded } from '../../statistics/index.ts';
import { context, model } from '../testing/quantized.ts';
import { likeness } from './layers-likeness.ts';

test.each([11, 17])('cosine, scale, shift and step of two values, opset %i', async (opset) => {
  const subject = model(`opset ${opset}; x: float32[N, S, 2]
    s = float32[2] {2.0, -1.0}; t = float32[2] {0.5, 3.0}; m = Mul(x, s); y = Add(m, t); z = Relu(y)
    -> z`);
  const random = seeded(1, 'likeness');
  const batches = [3, 5].map((rows) => Float32Array.from({ length: 2 * rows }, () => random.normal()));
  const world = await context(async function* calibration() {
    for (const data of batches) yield { x: { dtype: 'float32', dims: [1, data.length / 2, 2], data } };
  });
  const statistic = likeness('y', 2);
  await observe(subject, [{ value: 'x', statistic }], world);
  const pairs = batches.flatMap((data) =>
    Array.from({ length: data.length / 2 }, (_, i) => [data[2 * i]!, data[2 * i + 1]!] as const),
  );
  const cosines = pairs.map(([a, b]) => {
    const [c, d] = [2 * a + 0.5, 3 - b];
    return (a * c + b * d) / (Math.hypot(a, b) * Math.hypot(c, d));
  });
  expect(statistic.cosine()).toBeCloseTo(cosines.reduce((sum, value) => sum + value, 0) / 8, 4);
  const { scale, shift } = statistic.affine();
  [2, -1].forEach((value, i) => expect(scale[i]).toBeCloseTo(value, 3));
  [0.5, 3].forEach((value, i) => expect(shift[i]).toBeCloseTo(value, 3));
  const mean = pairs.reduce((sum, [a]) => sum + a, 0) / 8;
  expect(statistic.step()[0]).toBeCloseTo(mean + 0.5, 4);
});
