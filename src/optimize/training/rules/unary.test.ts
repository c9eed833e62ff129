import { expect, test } from 'vitest';
import { gradientError } from '../testing/differences.ts';

type Draw = (random: () => number) => number;
const any: Draw = (random) => random();
const positive: Draw = (random) => 0.3 + Math.abs(random());
/** At least 0.1 away from 0 and ±1, where some derivatives jump. */
const smooth: Draw = (random) => {
  const x = random();
  return [0, 1, -1].some((kink) => Math.abs(x - kink) < 0.1) ? 0.5 : x;
};
const run = (line: string, x: Draw, dtype = 'float64', opset?: number): Promise<number> =>
  gradientError({
    text: `x: ${dtype}[N, 5]; ${line}; -> y: ${dtype}[N, 5]`,
    shapes: { x: [3, 5] },
    values: { x },
    ...(opset === undefined ? {} : { opset }),
  });

test.each<[string, Draw]>([
  ['y = Identity(x)', any],
  ['y = Neg(x)', any],
  ['y = Dropout(x)', any],
  ['y = Abs(x)', smooth],
  ['y = Relu(x)', smooth],
  ['y = Exp(x)', any],
  ['y = Log(x)', positive],
  ['y = Sqrt(x)', positive],
  ['y = Reciprocal(x)', positive],
  ['y = Tanh(x)', any],
  ['y = Sigmoid(x)', any],
  ['y = Sin(x)', any],
  ['y = Cos(x)', any],
  ['low = float64[] {-1}; high = float64[] {1}; y = Clip(x, low, high)', smooth],
  ['high = float64[] {1}; y = Clip(x, _, high)', smooth],
])('%s in float64', async (line, draw) => {
  expect(await run(line, draw)).toBeLessThan(1e-6);
});

// ONNX Runtime has these in float32 only: steps of 1e-2 leave an error of about 1e-3.
test.each<[string, number]>([
  ['y = Erf(x)', 17],
  ['y = Softplus(x)', 17],
  ['y = Gelu(x)', 20],
  ['y = Gelu(x) {approximate: "tanh"}', 20],
])('%s in float32', async (line, opset) => {
  expect(await run(line, any, 'float32', opset)).toBeLessThan(3e-3);
});

test('Cast takes the gradient back to the type of its input', async () => {
  const text = 'x: float64[4]; y = Cast(x) {to: 1}; -> y: float32[4]';
  // The loss is computed in float32 here: the step in float64 must be large enough to be seen.
  const there = 'x: float32[4]; z = Cast(x) {to: 11}; y = Mul(z, z); -> y: float64[4]';
  expect(await gradientError({ text: there, shapes: { x: [4] } })).toBeLessThan(1e-3);
  expect(await gradientError({ text, shapes: { x: [4] } })).toBeLessThan(0.1);
});
