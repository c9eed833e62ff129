import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { context, input, model, normal, operators, relativeError, run } from '../testing/quantized.ts';
import { embedding } from './embedding.ts';

const options = (raw: Record<string, unknown> = {}) =>
  parseOptions(embedding.id, embedding.options, { form: 'blocks', minValues: 10, ...raw });
const ids = { dtype: 'int64' as const, dims: [2, 3], data: BigInt64Array.of(0n, 5n, 99n, 42n, -1n, 7n) };

describe.each(['8', '4'])('%s bits', (bits) => {
  test.each([
    [64, '16'],
    [64, '32'],
    [72, '32'],
    [12, '16'],
    [300, '256'],
    [48, '128'],
  ])('rows of %i in blocks of %s: within the error of so many bits, negative ids too', async (width, blockSize) => {
    const world = await context();
    const before = model(`ids: int64[B, S]; t = float32[100, ${width}]{...}; y = Gather(t, ids)`);
    const { model: after } = await embedding.apply(before, options({ bits, blockSize }), world);
    expect(operators(after)).toEqual({ Cast: 1, GatherBlockQuantized: 1 });
    expect([...after.graph.initializers.values()].map(({ dtype }) => dtype)).toEqual(['uint8', 'float16', 'uint8']);
    const error = relativeError((await run(world, before, { ids }))['y']!, (await run(world, after, { ids }))['y']!);
    expect(error).toBeGreaterThan(bits === '8' ? 1e-4 : 0.01);
    expect(error).toBeLessThan(bits === '8' ? 0.01 : 0.13);
  });

  test.each([
    [
      'Transpose',
      'u = Transpose(t) {perm: [1, 0]}; y = MatMul(x, u)',
      { Cast: 1, Reshape: 1, MatMulNBits: 1, GatherBlockQuantized: 1 },
    ],
    ['Gemm', 'y = Gemm(x, t, b) {transB: 1}', { Cast: 1, Reshape: 1, MatMulNBits: 1, Add: 1, GatherBlockQuantized: 1 }],
  ])('an output layer through %s uses the same codes', async (_, text, expected) => {
    const world = await context();
    const before = model(
      `ids: int64[B, S]; x: float32[N, 64]; t = float32[100, 64]{...}; b = float32[100]{...}; g = Gather(t, ids); ${text}`,
    );
    const { model: after, changes } = await embedding.apply(before, options({ bits }), world);
    expect(operators(after)).toEqual(expected);
    expect(changes).toHaveLength(2);
    expect([...after.graph.initializers].filter(([, { dims }]) => dims[0] === 100 && dims.length === 2)).toHaveLength(
      3,
    );
    const feeds = { ids, x: input([4, 64], 'x') };
    const [plain, made] = [await run(world, before, feeds), await run(world, after, feeds)];
    for (const name of ['g', 'y'])
      if (plain[name]) expect(relativeError(plain[name], made[name]!), name).toBeLessThan(bits === '8' ? 0.02 : 0.15);
  });
});

test('the search for scales comes closer than the range of a block', async () => {
  const world = await context();
  const before = model('ids: int64[B, S]; t = float32[100, 64]{...}; y = Gather(t, ids)');
  const expected = (await run(world, before, { ids }))['y']!;
  const errors: number[] = [];
  for (const fit of ['search', 'range']) {
    const { model: after } = await embedding.apply(before, options({ bits: '4', fit }), world);
    errors.push(relativeError(expected, (await run(world, after, { ids }))['y']!));
  }
  expect(errors[0]).toBeLessThan(errors[1]!);
  expect(errors[1]).toBeLessThan(0.12);
});

test.each([
  ['asked for', 'float32', 1],
  ['too small for float16', 'float16', 1e-6],
  ['too large for float16', 'float16', 1e6],
])('scales in float32: %s', async (_, scaleType, size) => {
  const world = await context();
  const t = normal([100, 64], 't', size);
  const before = model('ids: int64[B, S]; t = float32[100, 64]{...}; y = Gather(t, ids)', { t });
  const { model: after } = await embedding.apply(before, options({ bits: '4', scaleType }), world);
  expect(operators(after)).toEqual({ GatherBlockQuantized: 1 });
  const error = relativeError((await run(world, before, { ids }))['y']!, (await run(world, after, { ids }))['y']!);
  expect(error).toBeLessThan(0.12);
});

describe('reasons', () => {
  test.each([
    [
      'rows that do not fill whole bytes',
      'ids: int64[N]; t = float32[100, 33]{...}; y = Gather(t, ids)',
      /odd number of values, 33/,
    ],
    [
      'an output layer whose rows are no whole blocks',
      'ids: int64[N]; x: float32[N, 72]; t = float32[100, 72]{...}; g = Gather(t, ids); y = Gemm(x, t) {transB: 1}',
      /also used by y/,
    ],
  ])('%s', async (_, text, reason) => {
    const { changes, skipped } = await embedding.apply(model(text), options({ bits: '4' }), await context());
    expect(changes).toEqual([]);
    expect(skipped[0]!.reason).toMatch(reason);
  });

  test('NaN, an excluded Gather, and one that shares its table with an excluded one', async () => {
    const bad = normal([100, 64], 't');
    new Float32Array((bad.data as { bytes: Uint8Array }).bytes.buffer)[3] = Number.NaN;
    const text =
      'ids: int64[N]; t = float32[100, 64]{...}; s = float32[100, 64]{...}; a = Gather(t, ids); b = Gather(s, ids); c = Gather(s, ids)';
    const { changes, skipped } = await embedding.apply(
      model(text, { t: bad }),
      options({ exclude: ['c'] }),
      await context(),
    );
    expect(changes).toEqual([]);
    expect(skipped.map(({ reason }) => reason)).toEqual([
      'its table t holds NaN or infinity',
      'its table is also used by a Gather that is excluded',
      'excluded by the exclude option',
    ]);
  });

  test('4 bits by rows', () => {
    const network = model('ids: int64[N]; t = float32[100, 64]{...}; y = Gather(t, ids)');
    expect(embedding.check(network, options({ form: 'rows', bits: '4' }))?.reason).toBe(
      'form rows stores 8 bits: 4 bits need form blocks',
    );
    expect(embedding.check(network, options({ bits: '4' }))).toBeNull();
  });
});
