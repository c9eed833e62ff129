import { workedMs } from '../../testing/work.ts';
import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { tensorValue } from '../../model/graph/index.ts';
import { encode } from '../../model/onnx/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { optimizedBy } from '../testing/kernels.ts';
import { context, input, model, normal, operators, relativeError, run } from '../testing/quantized.ts';
import { codebook } from './codebook.ts';

const options = (raw: Record<string, unknown> = {}) =>
  parseOptions(codebook.id, codebook.options, { minValues: 64, ...raw });

const layers = `x: float32[N, 3, 12, 12]; k = float32[8, 3, 4, 4]{...}; w = float32[648, 16]{...}; g = float32[8, 16]{...}
  c = Conv(x, k); f = Flatten(c); h = MatMul(f, w); y = Gemm(h, g) {transB: 1}`;

describe('quantize/codebook', () => {
  test.each(['1', '2', '3', '4', '5', '6', '7', '8'])(
    '%s bits: ONNX Runtime computes the weights while loading, and outputs stay within the stated error',
    async (bits) => {
      const world = await context();
      const before = model(layers);
      const { model: after, changes, skipped } = await codebook.apply(before, options({ bits, minValues: 384 }), world);
      expect(changes.map(({ nodes }) => nodes)).toEqual([['c'], ['h']]);
      expect(skipped.map(({ reason }) => reason)).toEqual(['g: it has fewer than 384 values']);
      const folded = await optimizedBy(after);
      expect(folded.operators['Gather']).toBeUndefined();
      expect(folded.operators['Cast']).toBeUndefined();
      expect(folded.weights.filter((dtype) => dtype === 'uint8')).toEqual([]);
      const feeds = { x: input([2, 3, 12, 12], 'x') };
      const error = relativeError((await run(world, before, feeds))['y']!, (await run(world, after, feeds))['y']!);
      expect(error).toBeGreaterThan(0);
      expect(error).toBeLessThan(codebook.tolerance(options({ bits }))!);
    },
  );

  test('the file shrinks by about the bits', async () => {
    const before = model('x: float32[N, 512]; w = float32[512, 512]{...}; y = MatMul(x, w)');
    const whole = (await encode(before)).length;
    for (const bits of [2, 4, 6]) {
      const { model: after } = await codebook.apply(before, options({ bits: String(bits) }), await context());
      expect((await encode(after)).length / whole, `${bits} bits`).toBeLessThan(bits / 32 + 0.015);
    }
  });

  test('groups of output channels get tables of their own and come closer', async () => {
    const world = await context();
    const before = model(layers, {
      // Channels of very different size.
      w: tensor(
        'float32',
        [648, 16],
        Float32Array.from({ length: 648 * 16 }, (_, i) => Math.sin(i * i) * 4 ** ((i % 16) / 4)),
      ),
    });
    const feeds = { x: input([2, 3, 12, 12], 'x') };
    const expected = (await run(world, before, feeds))['y']!;
    const errors: number[] = [];
    for (const groupSize of [0, 5, 1]) {
      const { model: after } = await codebook.apply(before, options({ bits: '3', groupSize }), world);
      expect((await optimizedBy(after)).operators['Gather']).toBeUndefined();
      errors.push(relativeError(expected, (await run(world, after, feeds))['y']!));
    }
    expect(errors[1]).toBeLessThan(errors[0]!);
    expect(errors[2]).toBeLessThan(errors[1]!);
  });

  test.each([
    ['4', 0],
    ['6', 0],
    ['8', 0],
    ['4', 7],
  ])('embeddings, %s bits, groups of %i: only gathered rows are looked up', async (bits, groupSize) => {
    const world = await context();
    const before = model(
      'i: int64[B, S]; j: int64; t = float32[50, 32]{...}; a = Gather(t, i); y = Relu(a); z = Gather(t, j)',
    );
    const { model: after, changes } = await codebook.apply(before, options({ bits, groupSize }), world);
    expect(changes).toHaveLength(2);
    const folded = await optimizedBy(after);
    expect(folded.weights).toContain('uint8');
    // The table is not there in float32 after loading either.
    const { initializers } = folded.model.graph;
    expect([...initializers.values()].some(({ dtype, dims }) => dtype === 'float32' && dims.join() === '50,32')).toBe(
      false,
    );
    const i = { dtype: 'int64' as const, dims: [2, 3], data: BigInt64Array.from([0n, 49n, 7n, -1n, 25n, 7n]) };
    const j = { dtype: 'int64' as const, dims: [4], data: BigInt64Array.from([3n, 3n, -50n, 48n]) };
    const [expected, actual] = [await run(world, before, { i, j }), await run(world, after, { i, j })];
    for (const name of ['y', 'z']) {
      expect(actual[name]!.dims).toEqual(expected[name]!.dims);
      expect(relativeError(expected[name]!, actual[name]!)).toBeLessThan(codebook.tolerance(options({ bits }))!);
    }
  });

  test('a table that also multiplies is rebuilt whole; bodies see outer weights', async () => {
    const world = await context();
    const before = model(
      `i: int64[S]; p: bool[]; t = float32[32, 32]{...}; a = Gather(t, i); b = MatMul(a, t)
       y = If(p) {then_branch: graph "t" { c = MatMul(b, t); -> c }, else_branch: graph "e" { own = float32[32, 32]{...}; d = MatMul(a, own); -> d }}`,
    );
    const { model: after, changes } = await codebook.apply(before, options({ bits: '8' }), world);
    expect(changes).toHaveLength(2);
    expect(after.graph.initializers.has('t')).toBe(false);
    for (const p of [0, 1]) {
      const feeds = {
        i: { dtype: 'int64' as const, dims: [2], data: BigInt64Array.of(1n, 31n) },
        p: { dtype: 'bool' as const, dims: [], data: Uint8Array.of(p) },
      };
      const [expected, actual] = [await run(world, before, feeds), await run(world, after, feeds)];
      expect(relativeError(expected['y']!, actual['y']!)).toBeLessThan(0.03);
    }
  });

  test('weights that Constant nodes hold are weights too', async () => {
    const world = await context();
    const values = normal([64, 16], 'held', 0.1);
    const held = model('x: float32[N, 64]; w = float32[64, 16]{...}; y = MatMul(x, w)', { w: values });
    const node = { name: '', op: 'Constant', domain: '', inputs: [], outputs: ['w'] };
    const before = {
      ...held,
      graph: {
        ...held.graph,
        initializers: new Map(),
        nodes: [{ ...node, attributes: { value: tensorValue(values) } }, ...held.graph.nodes],
      },
    };
    const { model: after, changes } = await codebook.apply(before, options({ bits: '6' }), world);
    expect(changes.map(({ what }) => what)[0]).toContain('w: 6-bit indices');
    expect(operators(after)['Constant']).toBeUndefined();
    const feeds = { x: input([3, 64], 'x') };
    const error = relativeError((await run(world, before, feeds))['y']!, (await run(world, after, feeds))['y']!);
    expect(error).toBeLessThan(0.05);
  });

  test('stops within a weight of many groups', async () => {
    const stop = new AbortController();
    const before = model('x: float32[N, 64]; w = float32[64, 4096]{...}; y = MatMul(x, w)');
    const world = await context(null, stop.signal);
    const work = codebook.apply(before, options({ groupSize: 1, bits: '2' }), world);
    setTimeout(() => stop.abort(), 20);
    const start = workedMs();
    await expect(work).rejects.toMatchObject({ code: 'engine/cancelled' });
    expect(workedMs() - start).toBeLessThan(1_000);
  });

  test('few distinct values are kept exactly', async () => {
    const world = await context();
    const values = Float32Array.from({ length: 64 * 16 }, (_, i) => [0.5, -3, 7, 1e-20][(i * i) % 4]!);
    const before = model('x: float32[N, 64]; w = float32[64, 16]{...}; y = MatMul(x, w)', {
      w: tensor('float32', [64, 16], values),
    });
    const { model: after } = await codebook.apply(before, options({ bits: '2' }), world);
    const feeds = { x: input([3, 64], 'x') };
    expect((await run(world, after, feeds))['y']!.data).toEqual((await run(world, before, feeds))['y']!.data);
  });

  test('what stays in float32, and why', async () => {
    const broken = normal([16, 16], 'n');
    new Float32Array((broken.data as { bytes: Uint8Array }).bytes.buffer)[3] = Number.NaN;
    const before = model(
      `x: float32[N, 16]; o: float32[16, 16]; n = float32[16, 16]{...}; o = float32[16, 16]{...}; e = float32[16, 16]{...}; s = float32[16, 16]{...}
       odd = float32[9, 9]{...}; out = float32[16, 16]{...}; tiny = float32[2, 2]{...}; v: float32[N, 9]
       a = MatMul(x, n); b = MatMul(x, o); c = MatMul(x, e) as "keep"; d = Mul(s, s); f = MatMul(v, odd); g = MatMul(x, out); h = MatMul(z, tiny)
       -> a, b, c, d, f, g, h, out`,
      { n: broken },
    );
    const {
      skipped,
      changes,
      model: after,
    } = await codebook.apply(before, options({ exclude: ['keep'] }), await context());
    expect(changes).toEqual([]);
    expect(after).toBe(before);
    expect(skipped.map(({ reason }) => reason)).toEqual([
      'n: it holds NaN or infinity',
      'o: callers may override it',
      'e: excluded by the exclude option',
      's: it is used by d (Mul), which is no layer with weights',
      'odd: its values do not fill whole bytes with 4-bit indices',
      'out: it is an output of the model',
      'tiny: it has fewer than 64 values',
    ]);
    const groups = await codebook.apply(
      model('x: float32[N, 16]; w = float32[16, 16]{...}; y = MatMul(x, w)'),
      options({ bits: '8', groupSize: 1 }),
      await context(),
    );
    expect(groups.skipped[0]!.reason).toBe('w: 16 tables of 256 numbers and 8-bit indices would be no smaller');
  });
});
