import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { decodeFile } from '../../model/onnx/index.ts';
import { graphsOf } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { sharedOrSkip } from '../../testing/shared.ts';
import { dynamic } from './dynamic.ts';
import { allOperators, optimizedBy } from '../testing/kernels.ts';
import { context, input, model, normal, operators, relativeError, run } from '../testing/quantized.ts';

const options = (raw: Record<string, unknown> = {}) =>
  parseOptions(dynamic.id, dynamic.options, { minValues: 1, ...raw });
const mlp = 'x: float32[N, 64]; w = float32[64, 32]{...}; b = float32[32]{...}; h = MatMul(x, w); y = Add(h, b)';

describe('quantize/dynamic', () => {
  test.each([
    ['int8 per tensor', {}, 0.02],
    // On CPUs with AVX2 but without VNNI sums of full-range int8 weights saturate.
    ['int8 per channel', { perChannel: true }, 0.05],
    ['uint8', { weightType: 'uint8' }, 0.02],
    ['uint8 per channel', { weightType: 'uint8', perChannel: true }, 0.015],
    ['7 bits', { bits: '7' }, 0.03],
  ])('%s: outputs stay close to float32', async (_, raw, limit) => {
    const world = await context();
    const before = model(mlp);
    const { model: after, changes, skipped } = await dynamic.apply(before, options(raw), world);
    expect(operators(after)).toEqual({ DynamicQuantizeLinear: 1, MatMulInteger: 1, Cast: 1, Mul: 2, Add: 1 });
    expect(changes).toHaveLength(1);
    expect(skipped).toEqual([]);
    const feeds = { x: input([7, 64], 'x') };
    const expected = await run(world, before, feeds);
    const actual = await run(world, after, feeds);
    const error = relativeError(expected['y']!, actual['y']!);
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(limit);
  });

  test('exact, with a weight of several nodes, loads: the runtime cannot make it unsigned twice', async () => {
    const world = await context();
    const before = model(
      'x: float32[N, 32]; a = float32[32, 32]{...}; b = float32[32, 32]{...}\nh = MatMul(x, a); r = Relu(h); t = MatMul(r, a); y = MatMul(t, b); -> y: float32[N, 32]',
    );
    const feeds = { x: input([7, 32], 'x') };
    const { model: after, config } = await dynamic.apply(before, options({ exact: true }), world);
    expect(config).toEqual({ 'session.x64quantprecision': '1' });
    const weights = [...after.graph.initializers.values()].filter(({ dims }) => dims.length === 2);
    expect(weights.map(({ dtype }) => dtype).sort()).toEqual(['int8', 'uint8']);
    const session = await world.open(after, { config: config! });
    const actual = (await session.run(feeds)).outputs['y']!;
    await session.close();
    expect(relativeError((await run(world, before, feeds))['y']!, actual)).toBeLessThan(0.03);
  });

  test('exact asks for sums that do not saturate, and only where weights could', async () => {
    const world = await context();
    const before = model(mlp);
    const feeds = { x: input([7, 64], 'x') };
    const expected = (await run(world, before, feeds))['y']!;
    const { model: after, config } = await dynamic.apply(before, options({ perChannel: true, exact: true }), world);
    expect(config).toEqual({ 'session.x64quantprecision': '1' });
    const session = await world.open(after, { config: config! });
    const actual = (await session.run(feeds)).outputs['y']!;
    await session.close();
    expect(relativeError(expected, actual)).toBeLessThan(0.015);
    for (const raw of [{ weightType: 'uint8' }, { bits: '7' }, { exclude: ['*'] }])
      expect((await dynamic.apply(before, options({ ...raw, exact: true }), world)).config).toBeUndefined();
  });

  test('one quantization of the input serves q, k and v, and a shared weight is stored once', async () => {
    const world = await context();
    const { model: after } = await dynamic.apply(
      model(
        'x: float32[B, S, 32]; q = float32[32, 32]{...}; k = float32[32, 32]{...}; a = MatMul(x, q); b = MatMul(x, k); c = MatMul(x, q)',
      ),
      options(),
      world,
    );
    expect(operators(after)).toMatchObject({ DynamicQuantizeLinear: 1, MatMulInteger: 3 });
    expect(
      [...after.graph.initializers.values()].filter(({ dtype, dims }) => dtype === 'int8' && dims.length === 2),
    ).toHaveLength(2);
  });

  test('ONNX Runtime quantizes an input that two layers share once', async () => {
    const { model: after } = await dynamic.apply(
      model(
        'x: float32[B, S, 32]; q = float32[32, 32]{...}; k = float32[32, 32]{...}; a = MatMul(x, q); b = MatMul(x, k)',
      ),
      options({ perChannel: true }),
      await context(),
    );
    expect((await optimizedBy(after)).operators).toEqual({ DynamicQuantizeLinear: 1, MatMulIntegerToFloat: 2 });
  });

  test('ONNX Runtime fuses a chain into its integer kernels', async () => {
    const { model: after } = await dynamic.apply(
      model(
        'x: float32[B, S, 32]; q = float32[32, 32]{...}; k = float32[32, 32]{...}; a = MatMul(x, q); r = Relu(a); b = MatMul(r, k)',
      ),
      options(),
      await context(),
    );
    expect((await optimizedBy(after)).operators).toEqual({ DynamicQuantizeMatMul: 2, Relu: 1 });
  });

  test('weights of an outer graph are quantized once for all bodies, and leave the file', async () => {
    const world = await context();
    const before = model(
      `x: float32[N, 32]; p: bool[]; w = float32[32, 32]{...}; v = float32[32, 32]{...}; r = Relu(x)
       y = If(p) {then_branch: graph "t" { a = MatMul(r, w); b = If(p) {
           then_branch: graph "tt" { c = MatMul(a, v); -> c }, else_branch: graph "te" { d = MatMul(r, v); -> d } }; -> b },
         else_branch: graph "e" { own = float32[32, 32]{...}; f = MatMul(r, w); g = MatMul(f, own); -> g }}
       z = MatMul(x, w)`,
    );
    const { model: after, changes, skipped } = await dynamic.apply(before, options(), world);
    expect(skipped).toEqual([]);
    expect(changes.map(({ nodes }) => nodes[0]).toSorted()).toEqual(['a', 'c', 'd', 'f', 'g', 'z']);
    expect(allOperators(after)).toMatchObject({ MatMulInteger: 6 });
    const weights = graphsOf(after).flatMap(({ initializers }) => [...initializers.values()]);
    expect(weights.filter(({ dims }) => dims.length === 2).map(({ dtype }) => dtype)).toEqual(['int8', 'int8', 'int8']);
    for (const p of [0, 1]) {
      const feeds = { x: input([5, 32], 'x'), p: { dtype: 'bool' as const, dims: [], data: Uint8Array.of(p) } };
      const [expected, actual] = [await run(world, before, feeds), await run(world, after, feeds)];
      for (const name of ['y', 'z']) expect(relativeError(expected[name]!, actual[name]!)).toBeLessThan(0.05);
    }
  });

  test('a body’s own value hides the outer one of the same name', async () => {
    const { changes, skipped } = await dynamic.apply(
      model(
        `x: float32[4, 16]; n: int64[]; go: bool[]; w = float32[16, 16]{...}
         last = Loop(n, go, x) {body: graph "b" { i: int64[]; on: bool[]; s: float32[4, 16]
           w2 = Neg(w); o = Identity(on); t = MatMul(s, w2); -> o, t }}; y = MatMul(last, w)`,
      ),
      options(),
      await context(),
    );
    // Neg(w) is computed at run time, and keeps w in float32.
    expect(changes).toEqual([]);
    expect(skipped.map(({ reason }) => reason)).toEqual([
      'both operands are computed at run time',
      expect.stringContaining('its weight w has to stay in float32 for w2'),
    ]);
  });

  test('says what it leaves alone, and why', async () => {
    const world = await context();
    const {
      skipped,
      changes,
      model: after,
    } = await dynamic.apply(
      model(
        `x: float32[4, 8]; y: float32[8, 4]; w = float32[8, 8]{...}; n = float32[8, 8]{...}; k = float32[8, 8, 3]{...}; s = float32[2, 8]{...}
         a = MatMul(x, y); b = MatMul(x, w) as "keep_me"; c = MatMul(x, n); d = Unsqueeze(x, ax); e = Conv(d, k); f = MatMul(s, y)`,
        { n: tensor('float32', [8, 8], new Float32Array(64).fill(Number.NaN)) },
      ),
      options({ exclude: ['keep*'] }),
      world,
    );
    expect(changes).toEqual([]);
    expect(after.graph.initializers.has('n_quantized')).toBe(false);
    expect(skipped.map(({ reason }) => reason)).toEqual([
      'both operands are computed at run time',
      'excluded by the exclude option',
      'the weight n holds NaN or infinity',
      'Conv is not among the operators to quantize (option operators)',
      'only the first operand is constant',
    ]);
  });

  test('raises old models, and refuses as a whole where there is nothing to do', async () => {
    const world = await context();
    const old = model(`opset 8; ${mlp}`);
    expect(dynamic.check(old, options())).toBeNull();
    const { model: after, changes } = await dynamic.apply(old, options(), world);
    expect(after.opsets.get('')).toBe(11);
    expect(changes[0]!.what).toContain('opset 8');
    expect(dynamic.check(model('y = Relu(x)'), options())?.reason).toBe(
      'the graph has no MatMul, Gemm, LSTM or Attention',
    );
    expect(dynamic.check(model('y = Relu(x)'), options({ operators: ['Conv'] }))?.reason).toBe('the graph has no Conv');
    expect(dynamic.check(model(mlp), options({ operators: ['Mat*', 'Softmax'] }))?.reason).toBe(
      'the operators option is Mat*, Softmax; it knows MatMul, Gemm, Conv, LSTM, Attention and patterns with *',
    );
  });

  test('the input model stays as it was', async () => {
    const before = model(mlp, { w: normal([64, 32], 'w') });
    const copy = structuredClone(before);
    await dynamic.apply(before, options(), await context());
    expect(before).toEqual(copy);
  });

  const silero = sharedOrSkip('int8 in branches', 'models', 'silero-vad', 'silero_vad_op18_ifless.onnx');
  test.skipIf(silero === null)('a real model whose layers all lie in branches with outer weights', async () => {
    const world = await context();
    const before = await decodeFile(silero!);
    const { model: after, skipped } = await dynamic.apply(
      before,
      options({ operators: ['*'], perChannel: true, weightType: 'uint8', minValues: 256 }),
      world,
    );
    expect(allOperators(after)).toMatchObject({ ConvInteger: 10, MatMulInteger: 4 });
    expect(new Set(skipped.map(({ reason }) => reason)).size).toBe(1);
    const bytes = [...after.graph.initializers.values()].reduce(
      (sum, { dtype, dims }) => sum + dims.reduce((a, b) => a * b, dtype === 'float32' ? 4 : 1),
      0,
    );
    expect(bytes).toBeLessThan(700_000);
    const feeds = {
      input: input([1, 576], 'sound'),
      state: input([2, 1, 128], 'state'),
      sr: { dtype: 'int64' as const, dims: [], data: BigInt64Array.of(16_000n) },
    };
    const [expected, actual] = [await run(world, before, feeds), await run(world, after, feeds)];
    expect(relativeError(expected['stateN']!, actual['stateN']!)).toBeLessThan(0.1);
  });
});
