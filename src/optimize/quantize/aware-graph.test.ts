import { expect, test } from 'vitest';
import type { Model, Value } from '../../contracts/index.ts';
import { edit } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { context, input, model, relativeError, run } from '../testing/quantized.ts';
import { differentiate } from '../training/index.ts';
import { emitter, extend } from '../writing/emit.ts';
import { learnedScale, penOf, roundTo, roundedAtRunTime, roundedInBlocks, type Pen } from './aware-graph.ts';

/** loss = Σ a · f(x), with f written by a pen. */
const built = (text: string, write: (pen: Pen, draft: ReturnType<typeof edit>) => string) => {
  const before = model(`${text}; f = Identity(x); m = Mul(a, f); y = ReduceSum(m) {keepdims: 0}; -> y: float32[]`);
  const draft = edit(before);
  const pen = penOf(draft);
  const node = before.graph.nodes[0]!;
  draft.replace(node, [{ op: 'Identity', inputs: [write(pen, draft)], outputs: ['f'] }], 'rounded');
  return { subject: draft.done().model, constant: pen.constant };
};

const withGradients = (subject: Model, wanted: readonly string[], constant: ReadonlySet<string>): Model => {
  const to = emitter(subject);
  const gradients = differentiate(subject, 'y', wanted, to, { constant });
  const whole = extend(subject, to);
  const outputs = ['f', ...wanted.map((name) => gradients.get(name)!)].map((name) => ({ name, type: null }));
  return { ...whole, graph: { ...whole.graph, outputs } };
};

const vector = (...values: number[]): Value => ({
  dtype: 'float32',
  dims: [values.length],
  data: Float32Array.from(values),
});

test('LSQ: value and gradients by the formulas of the paper', async () => {
  const { subject, constant } = built(
    'x: float32[7]; a: float32[7]; s: float32[1]',
    (pen) => roundTo(pen, 'x', 's', [-8, 7]).value,
  );
  const x = [0.1, 0.26, -0.74, 1.3, 5, -9, -0.05];
  const a = [1, 2, -1, 0.5, 3, 1, 4];
  const s = 0.5;
  const outputs = Object.values(
    await run(await context(), withGradients(subject, ['x', 's'], constant), {
      x: vector(...x),
      a: vector(...a),
      s: vector(s),
    }),
  );
  const clip = (u: number): number => Math.min(7, Math.max(-8, u));
  const even = (u: number): number => (Math.abs(u % 1) === 0.5 ? 2 * Math.round(u / 2) : Math.round(u));
  expect([...(outputs[0]!.data as Float32Array)].map((one) => one + 0)).toEqual(
    x.map((one) => even(clip(one / s)) * s + 0),
  );
  const inside = x.map((one) => one / s > -8 && one / s < 7);
  expect([...(outputs[1]!.data as Float32Array)]).toEqual(a.map((one, i) => (inside[i] ? one : 0)));
  const expected = x.reduce((sum, one, i) => sum + a[i]! * (inside[i] ? even(one / s) - one / s : clip(one / s)), 0);
  expect((outputs[2]!.data as Float32Array)[0]).toBeCloseTo(expected, 4);
});

test('a learned scale starts where it should, its gradient times 1/√(N·Q) and the start', async () => {
  let factor = '';
  const { subject, constant } = built('x: float32[4]; a: float32[4]', (pen) => {
    const made = learnedScale(pen, 'w', tensor('float32', [1], Float32Array.of(0.5)), 4, 7);
    factor = made.factor;
    expect(made.initial.dims).toEqual([1]);
    return pen.emit('Mul', ['x', made.scale]);
  });
  const fed: Model = {
    ...subject,
    graph: {
      ...subject.graph,
      inputs: [...subject.graph.inputs, { name: factor, type: { kind: 'tensor', dtype: 'float32', dims: [1] } }],
      initializers: new Map([...subject.graph.initializers].filter(([name]) => name !== factor)),
    },
  };
  const [f, gradient] = Object.values(
    await run(await context(), withGradients(fed, [factor], constant), {
      x: vector(1, 2, 3, 4),
      a: vector(1, 1, 1, 1),
      [factor]: vector(1),
    }),
  );
  expect([...(f!.data as Float32Array)]).toEqual([0.5, 1, 1.5, 2]);
  expect((gradient!.data as Float32Array)[0]).toBeCloseTo((10 * 0.5) / Math.sqrt(4 * 7), 5);
});

test('inputs: rounded as the kernels do, with the gradient of the identity', async () => {
  const world = await context();
  const x = input([3, 40], 'x');
  const a: Value = { ...x, data: new Float32Array(120).fill(1) };
  for (const opset of [17, 18]) {
    const text = `opset ${opset}; x: float32[B, 40]; a: float32[B, 40]`;
    const blocks = built(text, (pen) => roundedInBlocks(pen, 'x', 40, 16));
    const [value, gradient] = Object.values(
      await run(world, withGradients(blocks.subject, ['x'], blocks.constant), { x, a }),
    );
    expect((gradient!.data as Float32Array).every((one) => one === 1)).toBe(true);
    const expected = new Float32Array(120);
    for (let row = 0; row < 3; row++)
      for (let from = 0; from < 40; from += 16) {
        const part = (x.data as Float32Array).subarray(row * 40 + from, row * 40 + Math.min(40, from + 16));
        const scale = Math.fround(Math.max(...part.map(Math.abs)) / 127);
        part.forEach((one, i) => (expected[row * 40 + from + i] = Math.round(one / scale) * scale));
      }
    expect(relativeError({ ...x, data: expected }, value!)).toBeLessThan(1e-6);
  }
  const dynamic = built('x: float32[B, 40]; a: float32[B, 40]', (pen, draft) => roundedAtRunTime(pen, draft, 'x'));
  const [value, gradient] = Object.values(
    await run(world, withGradients(dynamic.subject, ['x'], dynamic.constant), { x, a }),
  );
  expect((gradient!.data as Float32Array).every((one) => one === 1)).toBe(true);
  const reference = model('x: float32[B, 40]; q, s, z = DynamicQuantizeLinear(x); y = DequantizeLinear(q, s, z)');
  expect(relativeError((await run(world, reference, { x }))['y']!, value!)).toBeLessThan(1e-6);
  // A block of zeros stays zeros.
  const zero = built('x: float32[B, 16]; a: float32[B, 16]', (pen) => roundedInBlocks(pen, 'x', 16, 16));
  const none: Value = { dtype: 'float32', dims: [1, 16], data: new Float32Array(16) };
  const outputs = Object.values(
    await run(world, withGradients(zero.subject, ['x'], zero.constant), { x: none, a: none }),
  );
  expect((outputs[0]!.data as Float32Array).every((one) => one === 0)).toBe(true);
});
