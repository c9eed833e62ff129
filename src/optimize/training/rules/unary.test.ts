import { expect, test } from 'vitest';
import { parseText } from '../../../model/graph/index.ts';
import { emitter, extend, int } from '../../writing/emit.ts';
import { differentiate } from '../gradient.ts';
import { evaluate, gradientError } from '../testing/differences.ts';

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
  ['y = Exp(x)', any],
  ['y = Log(x)', positive],
  ['y = Sqrt(x)', positive],
  ['y = Reciprocal(x)', positive],
  ['y = Sin(x)', any],
  ['y = Cos(x)', any],
  ['low = float64[] {-1}; high = float64[] {1}; y = Clip(x, low, high)', smooth],
  ['high = float64[] {1}; y = Clip(x, _, high)', smooth],
])('%s in float64', async (line, draw) => {
  expect(await run(line, draw)).toBeLessThan(1e-6);
});

const below1: Draw = (random) => 0.9 * Math.tanh(random());
const above1: Draw = (random) => 1.2 + Math.abs(random());

// ONNX Runtime has these in float32 only.
test.each<[string, Draw]>([
  ['y = Erf(x)', any],
  ['y = Tan(x)', below1],
  ['y = Sinh(x)', any],
  ['y = Cosh(x)', any],
  ['y = Asin(x)', (random) => 0.7 * Math.tanh(random())],
  ['y = Acos(x)', (random) => 0.7 * Math.tanh(random())],
  ['y = Atan(x)', any],
  ['y = Asinh(x)', any],
  ['y = Acosh(x)', above1],
  ['y = Atanh(x)', (random) => 0.7 * Math.tanh(random())],
])('%s in float32', async (line, draw) => {
  expect(await run(line, draw, 'float32')).toBeLessThan(3e-4);
});

test('CastLike goes back to the type of its input', async () => {
  const text = 'x: float32[4]; k = float64[] {1}; z = CastLike(x, k); y = Mul(z, z); -> y: float64[4]';
  expect(await gradientError({ text, shapes: { x: [4] } })).toBeLessThan(3e-4);
});

test('Dropout in training mode follows the mask that it gives out', async () => {
  const of = (line: string): (() => unknown) => {
    const model = parseText(
      `x: float32[9]; r = float32[] {0.5}; t = bool[] {1}; ${line}; y = ReduceSum(d) {keepdims: 0}; -> y: float32[]`,
    );
    return () => differentiate(model, 'y', ['x'], emitter(model));
  };
  expect(of('d = Dropout(x, r, t) as "drop"')).toThrow('drop (Dropout) is in training mode');
  expect(of('z = float32[] {0.0}; d = Dropout(x, z, t)')).not.toThrow();
  const text = `x: float32[9]; r = float32[] {0.25}; t = bool[] {1}; d, m = Dropout(x, r, t) {seed: 3}; -> d: float32[9], m: bool[9]`;
  const model = parseText(text);
  const to = emitter(model);
  const loss = to.emit('ReduceSum', ['d'], { keepdims: int(0) });
  const whole = extend(model, to);
  const back = emitter(whole);
  const gradient = differentiate(whole, loss, ['x'], back).get('x')!;
  const all = extend(whole, back);
  const info = { name: gradient, type: { kind: 'tensor', dtype: 'float32', dims: [9] } } as const;
  const run = await evaluate({ ...all, graph: { ...all.graph, outputs: [...all.graph.outputs, info] } });
  const answers = await run({ x: { dtype: 'float32', dims: [9], data: new Float32Array(9).fill(1) } });
  // With ones as input the output is the slope itself.
  expect([...(answers[gradient]!.data as Float32Array)]).toEqual([...(answers['d']!.data as Float32Array)]);
  expect(new Set(answers['d']!.data as Float32Array).size).toBe(2);
});

test('Cast takes the gradient back to the type of its input', async () => {
  const text = 'x: float64[4]; y = Cast(x) {to: 1}; -> y: float32[4]';
  const there = 'x: float32[4]; z = Cast(x) {to: 11}; y = Mul(z, z); -> y: float64[4]';
  expect(await gradientError({ text: there, shapes: { x: [4] } })).toBeLessThan(1e-3);
  expect(await gradientError({ text, shapes: { x: [4] } })).toBeLessThan(0.1);
});
