import { expect, test } from 'vitest';
import { edit } from '../../model/graph/index.ts';
import type { Parameters } from '../calibrate/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { context, input, model, relativeError, run } from '../testing/quantized.ts';
import { awareModelOf, type AwareScheme } from './aware-model.ts';
import { awarePlanOf } from './aware-plan.ts';

const text = `x: float32[N, 24]; w = float32[24, 12]{...}; b = float32[12]{...}; v = float32[5, 12]{...}
  h = MatMul(x, w); i = Add(h, b); r = Relu(i); y = Gemm(r, v) {transB: 1, alpha: 0.5}; -> y: float32[N, 5]`;

test.each<[string, AwareScheme, number]>([
  ['4 bits in blocks', { target: 'blocks', bits: 4, blockSize: 16, accuracyLevel: 0 }, 0.15],
  ['8 bits in blocks', { target: 'blocks', bits: 8, blockSize: 16, accuracyLevel: 4 }, 0.02],
  ['dynamic', { target: 'dynamic', bits: 8, perChannel: false }, 0.02],
  ['7 bits per channel', { target: 'dynamic', bits: 7, perChannel: true }, 0.03],
])('%s: same signature, close to float32, factors start at 1', async (_, scheme, most) => {
  const world = await context();
  const before = model(text);
  const draft = edit(before);
  const aware = await awareModelOf(draft, awarePlanOf(draft, []), scheme, null, world);
  expect(checkModel(aware.model)).toEqual([]);
  expect(aware.units.length).toBe(2);
  for (const factor of aware.factors.values()) expect(factor.dims.length).toBe(1);
  const x = input([6, 24], 'x');
  const error = relativeError((await run(world, before, { x }))['y']!, (await run(world, aware.model, { x }))['y']!);
  expect(error).toBeGreaterThan(0.0005);
  expect(error).toBeLessThan(most);
});

test('weights with NaN, and inputs without a range, stay', async () => {
  const world = await context();
  const w = tensor('float32', [4, 2], new Float32Array(8).fill(Number.NaN));
  const draft = edit(
    model('x: float32[N, 4]; w = float32[4, 2]{...}; v = float32[2, 3]{...}; h = MatMul(x, w); y = MatMul(h, v)', {
      w,
    }),
  );
  const ranges = new Map<string, Parameters | string>([
    ['x', { type: 'uint8', scale: 0.1, zeroPoint: 128 }],
    ['h', 'never finite'],
  ]);
  const aware = await awareModelOf(
    draft,
    awarePlanOf(draft, []),
    { target: 'static', bits: 8, perChannel: true },
    ranges,
    world,
  );
  expect(aware.units).toEqual([]);
  expect(draft.done().skipped.map(({ reason }) => reason)).toEqual([
    'the weight w holds NaN or infinity',
    'never finite',
  ]);
});

test('what no output needs is not trained', async () => {
  const world = await context();
  const draft = edit(
    model(
      'x: float32[N, 4]; w = float32[4, 2]{...}; v = float32[4, 3]{...}; dead = MatMul(x, v); y = MatMul(x, w); -> y: float32[N, 2]',
    ),
  );
  const scheme = { target: 'blocks', bits: 4, blockSize: 16, accuracyLevel: 0 } as const;
  const aware = await awareModelOf(draft, awarePlanOf(draft, []), scheme, null, world);
  expect(aware.units.map(({ unit }) => unit.linear.weightName)).toEqual(['w']);
  expect([...aware.factors.keys()].length).toBe(1);
  expect(draft.done().skipped.map(({ reason }) => reason)).toEqual(['no output of the model needs it']);
});
