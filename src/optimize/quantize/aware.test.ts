import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Context, Learning, Model, Value } from '../../contracts/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { softmax } from '../exit/calibrate.ts';
import { learningOf, vectorRows } from '../exit/testing/rows.ts';
import { context, input, model, normal, operators, run } from '../testing/quantized.ts';
import { aware } from './aware.ts';
import { blockwise } from './blockwise.ts';

const options = (raw: Record<string, unknown> = {}) =>
  parseOptions(aware.id, aware.options, {
    epochs: 4,
    batchSize: 16,
    learningRate: 0.003,
    scaleRate: 1,
    threads: 1,
    ...raw,
  });

const subject = (): Model =>
  model(
    `x: float32[N, 16]; w = float32[16, 32]{...}; b = float32[32]{...}; v = float32[32, 4]{...}; c = float32[4] {0.1, 0.0, -0.1, 0.0}
     h = MatMul(x, w); i = Add(h, b); r = Relu(i); y = Gemm(r, v, c); -> y: float32[N, 4]`,
    { v: normal([32, 4], 'v', 0.5) },
  );

const learning = (): Learning =>
  learningOf(
    vectorRows(512, 16, () => null, 'train'),
    vectorRows(64, 16, () => null, 'validation'),
    4,
    'y',
  );

const world = async (learned: Learning | null, signal?: AbortSignal): Promise<Context> => ({
  ...(await context(null, signal)),
  learning: learned,
});

/** Mean KL divergence of the answers. */
const divergence = (expected: Value, actual: Value): number => {
  const [p, q] = [expected, actual].map((one) => softmax({ width: 4, values: one.data as Float32Array }).values);
  return p!.reduce((sum, one, i) => sum + one * Math.log(one / q![i]!), 0) / (p!.length / 4);
};

test.each([
  ['2', 0.85],
  ['4', 0.95],
] as const)('%s bits: trained loses less than rounded to nearest', async (bits, share) => {
  const here = await world(learning());
  const scheme = { bits, blockSize: '16', accuracyLevel: 1 };
  const trained = await aware.apply(subject(), options(scheme), here);
  expect(checkModel(trained.model)).toEqual([]);
  expect(operators(trained.model)['MatMulNBits']).toBe(2);
  expect(trained.changes.at(-1)!.what).toMatch(
    /right on validation rows: [\d.]+ % before training, [\d.]+ % after, 100.00 % in float32/,
  );
  const rounded = await blockwise.apply(subject(), parseOptions(blockwise.id, blockwise.options, scheme), here);
  const feeds = { x: input([256, 16], 'fresh') };
  const [float, after, nearest] = await Promise.all(
    [subject(), trained.model, rounded.model].map(async (one) => (await run(here, one, feeds))['y']!),
  );
  expect(divergence(float!, after!)).toBeLessThan(divergence(float!, nearest!) * share);
});

test.each(['dynamic', 'static'])('%s int8 with labels', async (target) => {
  const rows = vectorRows(96, 16, (_, i) => i % 4, 'train');
  const here = await world(
    learningOf(
      rows,
      vectorRows(32, 16, (_, i) => i % 4, 'validation'),
      4,
      'y',
    ),
  );
  const {
    model: made,
    changes,
    skipped,
  } = await aware.apply(subject(), options({ target, bits: '7', epochs: 2, learningRate: 0.001 }), here);
  expect(skipped).toEqual([]);
  expect(checkModel(made)).toEqual([]);
  expect(operators(made)[target === 'dynamic' ? 'MatMulInteger' : 'QuantizeLinear']).toBe(2);
  expect(changes.at(-1)!.what).toContain('weights trained while rounded');
});

test('the same seed gives the same codes', async () => {
  const raw = options({ epochs: 1, blockSize: '16' });
  const [a, b] = await Promise.all([0, 1].map(async () => aware.apply(subject(), raw, await world(learning()))));
  const bytes = (result: typeof a): unknown => [...result!.model.graph.initializers.values()].map(({ data }) => data);
  expect(bytes(a)).toEqual(bytes(b));
});

test('refuses with reasons', async () => {
  const why = async (
    one: Model,
    learned: Learning | null = learning(),
    raw: Record<string, unknown> = {},
  ): Promise<string> => {
    const result = await aware.apply(one, options(raw), await world(learned));
    expect(result.model === one).toBe(true);
    return result.skipped[0]!.reason;
  };
  expect(await why(subject(), null)).toContain('no examples');
  expect(await why(subject(), { ...learning(), output: 'q' })).toContain('no output q');
  expect(await why(subject(), learning(), { exclude: ['*'] })).toContain('excluded');
  expect(
    await why(
      model(
        'x: float32[N, 16]; w = float32[16, 4]{...}; h = MatMul(x, w); q, s, z = DynamicQuantizeLinear(h); y = DequantizeLinear(q, s, z); -> y: float32[N, 4]',
      ),
    ),
  ).toMatch(/DynamicQuantizeLinear.* has no gradient rule/);
  expect(aware.check(subject(), options({ bits: '7' }))!.reason).toBe('blocks have 2, 4 or 8 bits');
  expect(aware.check(subject(), options({ target: 'static', bits: '4' }))!.reason).toContain(
    'static codes have 7 or 8 bits',
  );
  expect(aware.check(model('x: float32[N]; y = Neg(x)'), options())!.reason).toContain('no MatMul');
  await expect(aware.apply(subject(), options(), await world(learning(), AbortSignal.abort()))).rejects.toMatchObject({
    code: 'engine/cancelled',
  });
});
