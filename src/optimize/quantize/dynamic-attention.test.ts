import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { optimizedBy } from '../testing/kernels.ts';
import { context, input, model, operators, relativeError, run } from '../testing/quantized.ts';
import { dynamic } from './dynamic.ts';

const options = (raw: Record<string, unknown> = {}) =>
  parseOptions(dynamic.id, dynamic.options, { minValues: 1, ...raw });

const start = 'x: float32[B, S, 32]; w = float32[32, 96]{...}; b = float32[96]{...}';

test.each([
  ['with a mask', `${start}; m: int32[B, S]; y = com.microsoft.Attention(x, w, b, m) {num_heads: 4}`],
  ['without a mask', `${start}; y = com.microsoft.Attention(x, w, b) {num_heads: 4}`],
  ['looking back only', `${start}; y = com.microsoft.Attention(x, w, b) {num_heads: 2, unidirectional: 1}`],
  ['the usual scale, written out', `${start}; y = com.microsoft.Attention(x, w, b) {num_heads: 2, scale: 0.25}`],
])('%s: runs as QAttention and stays close to float32', async (_, text) => {
  const world = await context();
  const before = model(text);
  const feeds = {
    x: input([2, 5, 32], 'x'),
    ...(text.includes('m:')
      ? { m: { dtype: 'int32' as const, dims: [2, 5], data: Int32Array.of(1, 1, 1, 1, 1, 1, 1, 1, 0, 0) } }
      : {}),
  };
  const expected = (await run(world, before, feeds))['y']!;
  for (const raw of [
    { exact: true },
    { perChannel: true, bits: '7' },
    { weightType: 'uint8' },
    { weightType: 'uint8', perChannel: true },
  ]) {
    const { model: after, config = {} } = await dynamic.apply(before, options(raw), world);
    expect(operators(after)).toEqual({ DynamicQuantizeLinear: 1, QAttention: 1 });
    expect((await optimizedBy(after, config)).operators).toMatchObject({ QAttention: 1 });
    const session = await world.open(after, { config });
    const actual = (await session.run(feeds)).outputs['y']!;
    await session.close();
    expect(actual.dims).toEqual(expected.dims);
    expect(relativeError(expected, actual), JSON.stringify(raw)).toBeLessThan(0.04);
  }
});

test('a missing bias becomes one of zeros', async () => {
  const world = await context();
  const raw = options({ weightType: 'uint8' });
  const text = `x: float32[B, S, 32]; w = float32[32, 96]{...}`;
  const none = await dynamic.apply(model(`${text}; y = com.microsoft.Attention(x, w) {num_heads: 4}`), raw, world);
  const zeros = model(`${text}; b = float32[96]{...}; y = com.microsoft.Attention(x, w, b) {num_heads: 4}`, {
    b: tensor('float32', [96], new Float32Array(96)),
  });
  const feeds = { x: input([2, 5, 32], 'x') };
  expect(
    relativeError((await run(world, zeros, feeds))['y']!, (await run(world, none.model, feeds))['y']!),
  ).toBeLessThan(0.04);
});

test('past and present travel along', async () => {
  const world = await context();
  const before = model(
    `${start}; p: float32[2, B, 4, P, 8]; y, now = com.microsoft.Attention(x, w, b, _, p) {num_heads: 4, unidirectional: 1}`,
  );
  const { model: after } = await dynamic.apply(before, options({ weightType: 'uint8' }), world);
  const feeds = { x: input([1, 3, 32], 'x'), p: input([2, 1, 4, 2, 8], 'p') };
  const [expected, actual] = [await run(world, before, feeds), await run(world, after, feeds)];
  for (const name of ['y', 'now']) expect(relativeError(expected[name]!, actual[name]!)).toBeLessThan(0.04);
});

test('what QAttention cannot do stays, with the reason', async () => {
  const { changes, skipped } = await dynamic.apply(
    model(
      `${start}; a: float32[1, 4, S, S]; v = Neg(w)
       y1 = com.microsoft.Attention(x, w, b, _, _, a) {num_heads: 4}; y2 = com.microsoft.Attention(x, w, b) {num_heads: 4, qkv_hidden_sizes: [32, 32, 32]}
       y3 = com.microsoft.Attention(x, w, b) {num_heads: 4, scale: 0.5}; y4 = com.microsoft.Attention(x, w, b) {num_heads: 4, do_rotary: 1}
       y5 = com.microsoft.Attention(x, w, b) {num_heads: 5}; y6 = com.microsoft.Attention(x, v, b) {num_heads: 4}`,
    ),
    options(),
    await context(),
  );
  expect(changes).toEqual([]);
  expect(skipped.map(({ reason }) => reason)).toEqual([
    'QAttention takes no attention bias',
    'q, k and v have sizes of their own (qkv_hidden_sizes)',
    'QAttention cannot scale scores by 0.5',
    'QAttention turns no positions (do_rotary)',
    'its weight does not divide into heads',
    'its weight is computed at run time',
  ]);
});
