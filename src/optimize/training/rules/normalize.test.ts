import { expect, test } from 'vitest';
import type { Value } from '../../../contracts/index.ts';
import { parseText } from '../../../model/graph/index.ts';
import { seeded } from '../../../statistics/index.ts';
import { emitter, extend, int } from '../../writing/emit.ts';
import { differentiate } from '../gradient.ts';
import { evaluate, gradientError, type Check } from '../testing/differences.ts';

const f = 'float64';
test.each<[string, Check['shapes']]>([
  [`x: ${f}[2, N, 4]; y = Softmax(x); -> y: ${f}[2, N, 4]`, { x: [2, 3, 4] }],
  [`x: ${f}[2, 3, 4]; y = Softmax(x) {axis: 1}; -> y: ${f}[2, 3, 4]`, { x: [2, 3, 4] }],
  [`x: ${f}[N, M]; y = LogSoftmax(x); -> y: ${f}[N, M]`, { x: [3, 4] }],
  [`x: ${f}[2, 3, 4]; y = LogSoftmax(x) {axis: 0}; -> y: ${f}[2, 3, 4]`, { x: [2, 3, 4] }],
  [
    `x: ${f}[N, S, 4]; g: ${f}[4]; b: ${f}[4]; y = LayerNormalization(x, g, b); -> y: ${f}[N, S, 4]`,
    { x: [2, 3, 4], g: [4], b: [4] },
  ],
  [
    `x: ${f}[2, 3, 4]; g: ${f}[3, 4]; b: ${f}[3, 4]; y = LayerNormalization(x, g, b) {axis: 1, epsilon: 0.5}; -> y: ${f}[2, 3, 4]`,
    { x: [2, 3, 4], g: [3, 4], b: [3, 4] },
  ],
  [`x: ${f}[2, 4]; g: ${f}[4]; y = LayerNormalization(x, g); -> y: ${f}[2, 4]`, { x: [2, 4], g: [4] }],
])('%s', async (text, shapes) => {
  for (const opset of [17, 18]) expect(await gradientError({ text, shapes, opset })).toBeLessThan(1e-6);
});

test.each<[string, Check['shapes']]>([
  [
    `x: float32[2, 4]; g: float32[4]; y, m, r = LayerNormalization(x, g) {epsilon: 0.1}; -> y: float32[2, 4], m: float32[2, 1], r: float32[2, 1]`,
    { x: [2, 4], g: [4] },
  ],
  [
    `x: float32[2, 3, 2]; g: float32[3, 2]; y, m, r = LayerNormalization(x, g) {axis: 1}; -> r: float32[2, 1, 1]`,
    { x: [2, 3, 2], g: [3, 2] },
  ],
])('a loss that depends on the mean or the inverse deviation: %s', async (text, shapes) => {
  const by = text.includes('y: float32') ? ['x', 'g'] : ['x'];
  expect(await gradientError({ text, shapes, by })).toBeLessThan(3e-4);
});

test('RMSNormalization', async () => {
  for (const [axis, size] of [
    [-1, [4]],
    [1, [3, 4]],
  ] as const) {
    const text = `x: float32[N, 3, 4]; g: float32[${size.join()}]; y = RMSNormalization(x, g) {axis: ${axis}, epsilon: 0.01}; -> y: float32[N, 3, 4]`;
    expect(await gradientError({ text, shapes: { x: [2, 3, 4], g: [...size] }, opset: 23 })).toBeLessThan(3e-4);
  }
});

test('SimplifiedLayerNormalization', async () => {
  const text = `x: float32[N, 3, 4]; g: float32[4]; y = SimplifiedLayerNormalization(x, g) {axis: -1}; -> y: float32[N, 3, 4]`;
  expect(await gradientError({ text, shapes: { x: [2, 3, 4], g: [4] } })).toBeLessThan(3e-4);
});

test('BatchNormalization with fixed statistics, which have gradients too', async () => {
  const text = `x: ${f}[N, 3, 2, S]; g: ${f}[3]; b: ${f}[3]; m: ${f}[3]; v: ${f}[3];
    y = BatchNormalization(x, g, b, m, v) {epsilon: 0.01}; -> y: ${f}[N, 3, 2, S]`;
  const values = { v: (random: () => number) => 0.5 + Math.abs(random()) };
  const shapes = { x: [2, 3, 2, 2], g: [3], b: [3], m: [3], v: [3] };
  for (const opset of [13, 18]) expect(await gradientError({ text, shapes, values, opset })).toBeLessThan(1e-6);
  const vector = text.replace('[N, 3, 2, S]', '[N, 3]').replace('[N, 3, 2, S]', '[N, 3]');
  expect(await gradientError({ text: vector, shapes: { ...shapes, x: [4, 3] }, values })).toBeLessThan(1e-6);
});

test('BatchNormalization in training mode goes through the statistics of the batch', async () => {
  const rest = `g: float32[3]; b: float32[3]; m = float32[3] {0, 0, 0}; v = float32[3] {1, 1, 1};`;
  const head = 'x: float32[4, 3, 2]; ' + rest;
  const text = `${head} y, rm, rv = BatchNormalization(x, g, b, m, v) {training_mode: 1}; -> y: float32[4, 3, 2]`;
  const shapes = { x: [4, 3, 2], g: [3], b: [3] };
  // ONNX Runtime's inference build does not run this form: the gradient is compared with that of the formula.
  const formula = `${head} ax = int64[2] {0, 2}; c = int64[3] {1, 3, 1}; e = float32[] {0.00001};
    mean = ReduceMean(x) {axes: [0, 2]}; d = Sub(x, mean); q = Mul(d, d); var = ReduceMean(q) {axes: [0, 2]}; ve = Add(var, e); s = Sqrt(ve);
    h = Div(d, s); g1 = Reshape(g, c); b1 = Reshape(b, c); n = Mul(h, g1); y = Add(n, b1); -> y: float32[4, 3, 2]`;
  expect(await gradientError({ text: formula, shapes })).toBeLessThan(3e-4);
  const gradients = async (source: string): Promise<Float32Array[]> => {
    const model = parseText(source);
    const to = emitter(model);
    const w = to.emit('ReduceSum', [to.emit('Mul', ['y', 'y'])], { keepdims: int(0) });
    const whole = extend(model, to);
    const back = emitter(whole);
    // The gradient of y² needs y: fed, so that the node itself does not run.
    const found = differentiate(whole, w, ['x', 'g', 'b'], back);
    const all = extend(whole, back);
    const outputs = [...found.values()].map(
      (name) => ({ name, type: { kind: 'tensor', dtype: 'float32', dims: null } }) as const,
    );
    const fed = { name: 'y', type: { kind: 'tensor', dtype: 'float32', dims: [4, 3, 2] } } as const;
    const nodes = all.graph.nodes.filter((node) => !node.outputs.includes('y'));
    const graph = { ...all.graph, nodes, inputs: [...all.graph.inputs, fed], outputs };
    const run = await evaluate({ ...all, graph });
    const random = seeded(5, 'batch');
    const value = (dims: number[]): Value => ({
      dtype: 'float32',
      dims,
      data: new Float32Array(dims.reduce((a, b) => a * b, 1)).map(() => random.normal()),
    });
    const answers = await run({ x: value([4, 3, 2]), g: value([3]), b: value([3]), y: value([4, 3, 2]) });
    return [...found.values()].map((name) => answers[name]!.data as Float32Array);
  };
  const [ours, theirs] = [await gradients(text), await gradients(formula)];
  expect(ours).toHaveLength(3);
  ours.forEach((one, i) => one.forEach((x, j) => expect(x).toBeCloseTo(theirs[i]![j]!, 4)));
});
