import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { context } from '../testing/quantized.ts';
import { softmax } from './calibrate.ts';
import { applyHead, fitLogistic } from './logistic.ts';

const random = seeded(1, 'logistic');
const count = 400;
const x = {
  width: 3,
  values: Float32Array.from(
    { length: count * 3 },
    (_, i) => random.normal() * [1, 20, 0.1][i % 3]! + [0, 5, -2][i % 3]!,
  ),
};

test('soft answers of a linear layer are found again', async () => {
  // With soft targets and no regularization the maximum of the likelihood is the layer itself, up to what all classes share.
  const truth = {
    weight: Float32Array.of(1, -1, 0, 0.05, 0, -0.05, 5, 0, -5),
    bias: Float32Array.of(0.5, 0, -0.5),
    classes: 3,
  };
  const head = await fitLogistic(x, softmax(applyHead(truth, x)), 0, await context());
  const [expected, actual] = [softmax(applyHead(truth, x)), softmax(applyHead(head, x))];
  actual.values.forEach((one, i) => expect(one).toBeCloseTo(expected.values[i]!, 2));
});

test('at the optimum the gradient vanishes: Σ (p − t) x / n + λ w = 0 on standardized inputs', async () => {
  const plain = { width: 2, values: Float32Array.from({ length: 200 }, () => random.normal()) };
  // Standardize first, so that the fit's own standardization changes nothing.
  for (const column of [0, 1]) {
    const own = plain.values.filter((_, i) => i % 2 === column);
    const mean = own.reduce((a, b) => a + b, 0) / 100;
    const spread = Math.sqrt(own.reduce((a, b) => a + (b - mean) ** 2, 0) / 100);
    for (let i = column; i < 200; i += 2) plain.values[i] = (plain.values[i]! - mean) / spread;
  }
  const targets = { width: 2, values: new Float32Array(200) };
  for (let row = 0; row < 100; row++)
    targets.values[row * 2 + (plain.values[row * 2]! + random.normal() > 0 ? 1 : 0)] = 1;
  const strength = 0.05;
  const { weight, bias } = await fitLogistic(plain, targets, strength, await context());
  const p = softmax(applyHead({ weight, bias, classes: 2 }, plain));
  for (const column of [0, 1])
    for (const input of [0, 1]) {
      let gradient = strength * weight[input * 2 + column]!;
      for (let row = 0; row < 100; row++)
        gradient +=
          ((p.values[row * 2 + column]! - targets.values[row * 2 + column]!) * plain.values[row * 2 + input]!) / 100;
      expect(Math.abs(gradient)).toBeLessThan(2e-4);
    }
});

test('inputs that are not finite are a fault; constant ones are not', async () => {
  const world = await context();
  const targets = { width: 2, values: Float32Array.of(1, 0, 0, 1) };
  await expect(
    fitLogistic({ width: 1, values: Float32Array.of(1, Number.NaN) }, targets, 0, world),
  ).rejects.toMatchObject({ code: 'optimize/values' });
  const head = await fitLogistic({ width: 1, values: Float32Array.of(2, 2) }, targets, 0.1, world);
  expect(head.weight.every(Number.isFinite)).toBe(true);
});
