import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { decode, encodeFile } from '../../model/onnx/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { dynamic } from './dynamic.ts';
import { context, input, model, normal, operators, relativeError, run } from '../testing/quantized.ts';

const options = (raw: Record<string, unknown> = {}) => parseOptions(dynamic.id, dynamic.options, raw);
const mlp = 'x: float32[N, 64]; w = float32[64, 32]{...}; b = float32[32]{...}; h = MatMul(x, w); y = Add(h, b)';

describe('quantize/dynamic', () => {
  test.each([
    ['int8 per tensor', {}, 0.02],
    ['int8 per channel', { perChannel: true }, 0.02],
    ['uint8', { weightType: 'uint8' }, 0.02],
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

  test('ONNX Runtime fuses the result into its integer kernels', async () => {
    const world = await context();
    const { model: after } = await dynamic.apply(
      model(
        'x: float32[B, S, 32]; q = float32[32, 32]{...}; k = float32[32, 32]{...}; a = MatMul(x, q); r = Relu(a); b = MatMul(r, k)',
      ),
      options(),
      world,
    );
    const folder = await mkdtemp(join(tmpdir(), 'steelyard-fused-'));
    try {
      await encodeFile(after, join(folder, 'model.onnx'));
      const fused = join(folder, 'fused.onnx');
      const session = await InferenceSession.create(join(folder, 'model.onnx'), { optimizedModelFilePath: fused });
      await session.release();
      expect(operators(decode(await readFile(fused)))).toMatchObject({ DynamicQuantizeMatMul: 2 });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('says what it leaves alone, and why', async () => {
    const world = await context();
    const { skipped, changes } = await dynamic.apply(
      model(
        'x: float32[4, 8]; y: float32[8, 4]; w = float32[8, 8]{...}; n = float32[8, 8]{...}; a = MatMul(x, y); b = MatMul(x, w) as "keep_me"; c = MatMul(x, n)',
        { n: tensor('float32', [8, 8], new Float32Array(64).fill(Number.NaN)) },
      ),
      options({ exclude: ['keep*'] }),
      world,
    );
    expect(changes).toEqual([]);
    expect(skipped.map(({ reason }) => reason)).toEqual([
      'both operands are computed at run time',
      'excluded by the exclude option',
      'the weight n holds NaN or infinity',
    ]);
  });

  test('refuses as a whole where the operators do not exist', () => {
    expect(dynamic.check(model(`opset 10; ${mlp}`), options())?.reason).toContain('opset 10');
    expect(dynamic.check(model('y = Relu(x)'), options())?.reason).toContain('no MatMul or Gemm');
  });

  test('the input model stays as it was', async () => {
    const before = model(mlp, { w: normal([64, 32], 'w') });
    const copy = structuredClone(before);
    await dynamic.apply(before, options(), await context());
    expect(before).toEqual(copy);
  });
});
