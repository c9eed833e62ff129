import { expect, test } from 'vitest';
import { gradientError } from '../testing/differences.ts';

/** At least 0.1 away from the places where some slopes jump. */
const smooth = (random: () => number): number => {
  const x = 2 * random();
  return [0, 0.5, 1, -0.5, -1, -2.5, 2.5, -3, 3].some((kink) => Math.abs(x - kink) < 0.1) ? 0.7 : x;
};
const run = (line: string, dtype: string, opset: number, rest = ''): Promise<number> =>
  gradientError({
    text: `x: ${dtype}[N, 5]; ${rest} ${line}; -> y: ${dtype}[N, 5]`,
    shapes: { x: [4, 5], s: [5] },
    values: { x: smooth },
    opset,
  });

test.each<[string, number]>([
  ['y = Relu(x)', 13],
  ['y = Tanh(x)', 13],
  ['y = Sigmoid(x)', 13],
])('%s in float64', async (line, opset) => {
  expect(await run(line, 'float64', opset)).toBeLessThan(1e-6);
});

// ONNX Runtime has these in float32 only.
test.each<[string, number]>([
  ['y = Softplus(x)', 13],
  ['y = Gelu(x)', 20],
  ['y = Gelu(x) {approximate: "tanh"}', 20],
  ['y = Elu(x)', 13],
  ['y = Elu(x) {alpha: 0.3}', 13],
  ['y = Celu(x)', 13],
  ['y = Celu(x) {alpha: 2.5}', 13],
  ['y = Selu(x)', 13],
  ['y = Selu(x) {alpha: 1.5, gamma: 0.7}', 13],
  ['y = LeakyRelu(x)', 13],
  ['y = LeakyRelu(x) {alpha: 0.2}', 16],
  ['y = ThresholdedRelu(x) {alpha: 0.5}', 13],
  ['y = HardSigmoid(x)', 13],
  ['y = HardSigmoid(x) {alpha: 0.5, beta: 0.25}', 13],
  ['y = HardSwish(x)', 14],
  ['y = Mish(x)', 18],
  ['y = Softsign(x)', 13],
  ['y = Shrink(x) {lambd: 0.5, bias: 0.5}', 13],
])('%s in float32', async (line, opset) => {
  expect(await run(line, 'float32', opset)).toBeLessThan(3e-4);
});

test('Swish', async () => {
  // The same slope as that of ONNX Runtime's QuickGelu with the same number.
  expect(await run('y = com.microsoft.QuickGelu(x) {alpha: 0.8}', 'float32', 17)).toBeLessThan(3e-4);
});

test('PRelu, with its slopes', async () => {
  expect(await run('y = PRelu(x, s)', 'float32', 16, 's: float32[5];')).toBeLessThan(3e-4);
});
