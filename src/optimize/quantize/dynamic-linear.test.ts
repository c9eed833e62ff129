import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { printLine } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { optimizedBy } from '../testing/kernels.ts';
import { context, input, model, operators, relativeError, run } from '../testing/quantized.ts';
import { dynamic } from './dynamic.ts';
import { makeLinear } from './dynamic-linear.ts';
import type { Linear } from '../linear.ts';

const options = (raw: Record<string, unknown> = {}) =>
  parseOptions(dynamic.id, dynamic.options, { minValues: 1, ...raw });

const shape = (batch: number[], k: number, n: number) => ({ batch, k, n }) as unknown as Linear;

test('one scale for all, or one for each column of each matrix', () => {
  const values = Float32Array.of(1, -2, 3, 4, 10, 20, -30, 40);
  const whole = makeLinear(values, shape([2], 2, 2), { type: 'int8', perChannel: false, bits: 8 });
  expect([whole.codes.dims, whole.scale.dims, whole.zeroPoint.dims]).toEqual([[2, 2, 2], [], []]);
  const fine = makeLinear(values, shape([2], 2, 2), { type: 'int8', perChannel: true, bits: 8, exactSums: true });
  const scales = new Float32Array((fine.scale.data as { bytes: Uint8Array }).bytes.slice().buffer);
  expect(fine.scale.dims).toEqual([2, 1, 2]);
  expect([...scales].map((scale) => Math.round(scale * 127))).toEqual([3, 4, 30, 40]);
  expect(fine.zeroPoint.dims).toEqual([]);
  expect(makeLinear(values, shape([], 4, 2), { type: 'uint8', perChannel: true, bits: 8 }).zeroPoint.dims).toEqual([2]);
});

const x = input([2, 3, 16], 'x');

test.each([
  ['a stack of matrices', 'x: float32[2, 3, 16]; w = float32[2, 16, 8]{...}; y = MatMul(x, w)'],
  ['a stack under a longer one', 'x: float32[2, 3, 16]; w = float32[4, 1, 16, 8]{...}; y = MatMul(x, w)'],
  [
    'FusedMatMul with transB and alpha',
    'x: float32[2, 3, 16]; w = float32[8, 16]{...}; y = com.microsoft.FusedMatMul(x, w) {transB: 1, alpha: 0.25}',
  ],
  [
    'a transposed stack',
    'x: float32[2, 3, 16]; w = float32[2, 8, 16]{...}; y = com.microsoft.FusedMatMul(x, w) {transB: 1}',
  ],
])('%s: outputs stay close to float32 with every kind of weight', async (_, text) => {
  const world = await context();
  const before = model(text);
  const expected = (await run(world, before, { x }))['y']!;
  // Full-range int8 saturates on CPUs with AVX2 but without VNNI, unless asked not to.
  for (const raw of [
    { exact: true },
    { perChannel: true, bits: '7' },
    { weightType: 'uint8' },
    { weightType: 'uint8', perChannel: true },
  ]) {
    const { model: after, changes, config = {} } = await dynamic.apply(before, options(raw), world);
    expect(changes).toHaveLength(1);
    expect(operators(after)).toEqual({ DynamicQuantizeLinear: 1, MatMulInteger: 1, Cast: 1, Mul: 2 });
    const session = await world.open(after, { config });
    const actual = (await session.run({ x })).outputs['y']!;
    await session.close();
    expect(actual.dims).toEqual(expected.dims);
    expect(relativeError(expected, actual), JSON.stringify(raw)).toBeLessThan(0.03);
    const { operators: kernels } = await optimizedBy(after);
    expect(kernels['MatMulInteger'], JSON.stringify(kernels)).toBeUndefined();
  }
});

test('Gemm with transB, alpha and beta becomes an integer product and an addition', async () => {
  const world = await context();
  const before = model(
    'x: float32[N, 48]; w = float32[24, 48]{...}; b = float32[24]{...}; y = Gemm(x, w, b) {transB: 1, alpha: 0.5, beta: 2.0}',
  );
  const { model: after } = await dynamic.apply(before, options(), world);
  expect(operators(after)['Gemm']).toBeUndefined();
  const feeds = { x: input([5, 48], 'gemm') };
  const error = relativeError((await run(world, before, feeds))['y']!, (await run(world, after, feeds))['y']!);
  expect(error).toBeLessThan(0.02);
  expect((await optimizedBy(after)).operators).toEqual({ DynamicQuantizeMatMul: 1 });
});

test.each(['{activation: "Relu"}', '{activation: "LeakyRelu", activation_alpha: 0.3}', '{activation: "Tanh"}'])(
  'FusedGemm %s keeps its activation',
  async (attributes) => {
    const world = await context();
    const before = model(
      `x: float32[N, 16]; w = float32[16, 8]{...}; b = float32[8]{...}; y = com.microsoft.FusedGemm(x, w, b) ${attributes}`,
    );
    const { model: after } = await dynamic.apply(before, options(), world);
    expect(operators(after)).toMatchObject({ MatMulInteger: 1, Add: 1 });
    const feeds = { x: input([5, 16], 'fused') };
    expect(relativeError((await run(world, before, feeds))['y']!, (await run(world, after, feeds))['y']!)).toBeLessThan(
      0.03,
    );
  },
);

test('one weight in two layouts is stored twice, in four it stays', async () => {
  const world = await context();
  const gemm = (count: number): string =>
    `x: float32[N, 16]; w = float32[16, 16]{...}; y0 = MatMul(x, w); ${Array.from(
      { length: count - 1 },
      (_, i) => `y${i + 1} = Gemm(x, w) {transB: 1, alpha: ${i + 1}.0}`,
    ).join('; ')}`;
  const two = await dynamic.apply(model(gemm(2)), options(), world);
  expect([...two.model.graph.initializers.values()].filter(({ dims }) => dims.length === 2)).toHaveLength(2);
  const four = await dynamic.apply(model(gemm(4)), options(), world);
  expect(four.changes).toEqual([]);
  expect(four.skipped[0]!.reason).toContain('used in 4 layouts');
  expect((await dynamic.apply(model(gemm(4)), options({ copyShared: true }), world)).changes).toHaveLength(4);
});

test('refuses sums that could overflow and products that overflow float32', async () => {
  const world = await context();
  const large = 66_400;
  const { skipped } = await dynamic.apply(
    model(`x: float32[1, ${large}]; w = float32[${large}, 1]{...}; y = MatMul(x, w)`, {
      w: tensor('float32', [large, 1], new Float32Array(large).fill(1)),
    }),
    options(),
    world,
  );
  expect(skipped[0]!.reason).toContain('could overflow the 32-bit sums');
  const huge = await dynamic.apply(
    model('x: float32[1, 8]; w = float32[8, 8]{...}; y = Gemm(x, w) {alpha: 3e38}', {
      w: tensor('float32', [8, 8], new Float32Array(64).fill(9)),
    }),
    options(),
    world,
  );
  expect(huge.skipped[0]!.reason).toBe('the weight w holds NaN or infinity');
  expect(printLine(huge.model)).toContain('Gemm');
});

test('weights that are all alike answer right on every CPU', async () => {
  const world = await context();
  const before = model('x: float32[2, 3, 64]; w = float32[64, 32]{...}; y = MatMul(x, w)', {
    w: tensor('float32', [64, 32], new Float32Array(2048).fill(0.25)),
  });
  const feeds = { x: input([2, 3, 64], 'alike') };
  const { model: after, changes } = await dynamic.apply(before, options(), world);
  expect(changes[0]!.what).toBe('MatMul [64, 32] with 7-bit int8 weights (sums of two products would leave 16 bits)');
  const error = relativeError((await run(world, before, feeds))['y']!, (await run(world, after, feeds))['y']!);
  expect(error).toBeLessThan(0.02);
  const { changes: exact, config } = await dynamic.apply(before, options({ exact: true }), world);
  expect(exact[0]!.what).toBe('MatMul [64, 32] with int8 weights');
  expect(config).toEqual({ 'session.x64quantprecision': '1' });
});

test('a sum that adds dimensions is left alone, as ONNX Runtime would lose them', async () => {
  const world = await context();
  const wide = model(
    'x: float32[2, 16]; w = float32[16, 32]{...}; b = float32[1, 1, 32]{...}; h = MatMul(x, w); y = Add(b, h)',
  );
  const { changes, skipped } = await dynamic.apply(wide, options(), world);
  expect(changes).toEqual([]);
  expect(skipped).toEqual([{ reason: 'the sum with b adds dimensions, which ONNX Runtime would lose', nodes: ['h'] }]);
  for (const text of [
    'x: float32[2, 16]; w = float32[16, 32]{...}; b = float32[1, 32]{...}; h = MatMul(x, w); y = Add(h, b)',
    'x: float32[2, 16]; w = float32[16, 32]{...}; b = float32[3, 1, 32]{...}; h = MatMul(x, w); y = Add(h, b)',
  ]) {
    const before = model(text);
    const feeds = { x: input([2, 16], 'wide') };
    const { model: after, changes: done } = await dynamic.apply(before, options(), world);
    expect(done).toHaveLength(1);
    expect((await run(world, after, feeds))['y']!.dims).toEqual((await run(world, before, feeds))['y']!.dims);
  }
});
