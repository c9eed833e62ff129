import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../../contracts/index.ts';
import type { Feeds, Model, Value } from '../../../contracts/index.ts';
import { tensor } from '../../../model/tensor/index.ts';
import { optimized } from '../../testing/optimized.ts';
import { context, input, model, normal, operators, relativeError, run } from '../../testing/quantized.ts';
import { staticInt8 } from './static.ts';

const options = (raw: Record<string, unknown> = {}) => parseOptions(staticInt8.id, staticInt8.options, raw);

const calibrated = (...batches: Feeds[]) =>
  context(async function* () {
    yield* batches;
  });

/** Before and after, on one of two calibration batches: so few values would not say what others may be. */
const quantized = async (before: Model, dims: readonly number[], raw: Record<string, unknown> = {}) => {
  const world = await calibrated({ x: input(dims, 'a') }, { x: input(dims, 'c') });
  const result = await staticInt8.apply(before, options(raw), world);
  const feeds = { x: input(dims, 'c') };
  const expected = (await run(world, before, feeds))['y']!;
  const actual = (await run(world, result.model, feeds))['y']!;
  return {
    ...result,
    error: relativeError(expected, actual),
    kernels: operators(await optimized(result.model, result.config !== undefined)),
  };
};

const forms = ['qdq', 'qoperator'] as const;
const activations = ['uint8', 'int8'] as const;
const combinations = forms.flatMap((form) =>
  activations.flatMap((activationType) =>
    [true, false].map((perChannel) => ({ form, activationType, perChannel, bits: '7' })),
  ),
);
const floating = ['MatMul', 'Gemm', 'FusedGemm', 'Conv', 'FusedConv', 'FusedMatMul'];
const noFloat = (kernels: Record<string, number>) => {
  for (const op of floating) expect(kernels[op], op).toBeUndefined();
};

describe.each(combinations)(
  'ONNX Runtime runs integer kernels: $form $activationType per channel: $perChannel',
  (raw) => {
    test('MatMul of three dimensions and its Add', async () => {
      const { kernels, error } = await quantized(
        model('x: float32[B, S, 32]; w = float32[32, 24]{...}; b = float32[24]{...}; h = MatMul(x, w); y = Add(h, b)'),
        [2, 5, 32],
        raw,
      );
      expect(kernels).toMatchObject({ MatMulIntegerToFloat: 1 });
      noFloat(kernels);
      expect(error).toBeLessThan(0.03);
    });

    test('MatMul of two dimensions and its Add', async () => {
      const { kernels, error } = await quantized(
        model('x: float32[N, 32]; w = float32[32, 24]{...}; b = float32[24]{...}; h = MatMul(x, w); y = Add(b, h)'),
        [7, 32],
        raw,
      );
      expect(kernels).toMatchObject({ QGemm: 1 });
      noFloat(kernels);
      expect(error).toBeLessThan(0.03);
    });

    test('MatMul of two dimensions and a residual', async () => {
      const { kernels } = await quantized(
        model('x: float32[N, 32]; w = float32[32, 32]{...}; h = MatMul(x, w); y = Add(h, x)'),
        [7, 32],
        raw,
      );
      expect(kernels).toMatchObject({ QGemm: 1 });
      noFloat(kernels);
    });

    test('Gemm with alpha, beta and transB, then Relu, then Gemm', async () => {
      const { kernels, error } = await quantized(
        model(`x: float32[N, 32]; v = float32[48, 32]{...}; b = float32[48]{...}; w = float32[48, 8]{...}; c = float32[1, 8]{...}
        h = Gemm(x, v, b) {transB: 1, alpha: 0.5, beta: 2.0}; r = Relu(h); y = Gemm(r, w, c)`),
        [7, 32],
        raw,
      );
      expect(kernels['QGemm']).toBe(2);
      expect(kernels['Relu']).toBeUndefined();
      noFloat(kernels);
      expect(error).toBeLessThan(0.04);
    });

    test('convolutions, Relu, Clip, pools, a residual, and the classifier stay on integers', async () => {
      const { kernels, error, changes } = await quantized(
        model(`x: float32[N, 3, 12, 12]; k1 = float32[8, 3, 3, 3]{...}; c1 = float32[8]{...}; k2 = float32[8, 8, 3, 3]{...}
        c2 = float32[8, 1, 1]{...}; k3 = float32[8, 1, 3, 3]{...}; zero = float32[]{0.0}; six = float32[]{6.0}
        w = float32[8, 5]{...}; b = float32[5]{...}
        a = Conv(x, k1, c1) {pads: [1, 1, 1, 1]}; ar = Relu(a); p = MaxPool(ar) {kernel_shape: [2, 2], strides: [2, 2]}
        d = Conv(p, k2) {pads: [1, 1, 1, 1]}; db = Add(d, c2); s = Add(db, p); sr = Relu(s)
        e = Conv(sr, k3) {pads: [1, 1, 1, 1], group: 8}; er = Clip(e, zero, six)
        g = GlobalAveragePool(er); f = Flatten(g); y = Gemm(f, w, b)`),
        [2, 3, 12, 12],
        raw,
      );
      expect(kernels).toMatchObject({
        QLinearConv: 3,
        QLinearAdd: 1,
        QLinearGlobalAveragePool: 1,
        QGemm: 1,
        MaxPool: 1,
        Flatten: 1,
        QuantizeLinear: 1,
      });
      expect(kernels['Relu']).toBeUndefined();
      expect(kernels['Clip']).toBeUndefined();
      expect(kernels['DequantizeLinear']).toBeUndefined();
      noFloat(kernels);
      expect(error).toBeLessThan(0.06);
      expect(changes.length).toBe(8);
    });

    test('MatMul, Reshape and Transpose to a product: codes all the way', async () => {
      const { kernels, error } = await quantized(
        model(`x: float32[2, 4, 32]; q = float32[32, 32]{...}; k = float32[32, 32]{...}; shape = int64[4]{2, 4, 4, 8}
        a = MatMul(x, q); b = MatMul(x, k); a1 = Reshape(a, shape); b1 = Reshape(b, shape)
        a2 = Transpose(a1) {perm: [0, 2, 1, 3]}; b2 = Transpose(b1) {perm: [0, 2, 3, 1]}; y = MatMul(a2, b2)`),
        [2, 4, 32],
        { ...raw, attentionProducts: true },
      );
      expect(kernels).toMatchObject({ QLinearMatMul: 2, MatMulIntegerToFloat: 1, QuantizeLinear: 1 });
      noFloat(kernels);
      expect(error).toBeLessThan(0.05);
    });
  },
);

test('one code tensor serves q, k and v; a shared weight is stored once per layout', async () => {
  const { model: after, error } = await quantized(
    model(`x: float32[B, 3, 16]; w = float32[16, 16]{...}; u = float32[16, 16]{...}; a = MatMul(x, w); b = MatMul(x, u); c = MatMul(x, w)
      s = Add(a, b); y = Add(s, c)`),
    [2, 3, 16],
  );
  expect(operators(after)).toMatchObject({ QuantizeLinear: 1, MatMul: 3 });
  const weights = [...after.graph.initializers.values()].filter(
    ({ dtype, dims }) => dtype === 'int8' && dims.length === 2,
  );
  expect(weights).toHaveLength(2);
  expect(error).toBeLessThan(0.03);
});

test('a weight that Gemm reads in both layouts', async () => {
  const { error, kernels } = await quantized(
    model('x: float32[N, 16]; w = float32[16, 16]{...}; h = Gemm(x, w); y = Gemm(h, w) {transB: 1}'),
    [5, 16],
  );
  expect(kernels['QGemm']).toBe(2);
  expect(error).toBeLessThan(0.03);
});

test('bias correction takes the mean error away', async () => {
  const text = 'x: float32[N, 64]; w = float32[64, 16]{...}; b = float32[16]{...}; y = Gemm(x, w, b)';
  // Values far from zero: what rounding the weights does to them is the same in every row.
  const shifted = (label: string): Value => {
    const { dims, data } = input([200, 64], label);
    return { dtype: 'float32', dims, data: Float32Array.from(data as Float32Array, (one) => one * 0.2 + 3) };
  };
  const before = model(text, { b: normal([16], 'b', 4) });
  const world = await calibrated({ x: shifted('a') });
  const feeds = { x: shifted('b') };
  const expected = (await run(world, before, feeds))['y']!;
  const errors: number[] = [];
  for (const biasCorrection of [false, true]) {
    const { model: after } = await staticInt8.apply(before, options({ biasCorrection, perChannel: false }), world);
    errors.push(relativeError(expected, (await run(world, after, feeds))['y']!));
  }
  expect(errors[1]! / errors[0]!).toBeLessThan(0.5);
});

test('a huge bias raises the weight scale instead of overflowing', async () => {
  const before = model('x: float32[N, 8]; w = float32[8, 2]{...}; b = float32[2]{...}; y = Gemm(x, w, b)', {
    w: tensor(
      'float32',
      [8, 2],
      Float32Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? 1e-7 : 0)),
    ),
    b: tensor('float32', [2], Float32Array.of(1000, 500)),
  });
  const { error } = await quantized(before, [4, 8]);
  expect(error).toBeLessThan(1e-5);
});

describe('bad input', () => {
  const mlp = 'x: float32[N, 8]; w = float32[8, 4]{...}; y = MatMul(x, w)';
  test('no calibration data, or none in it, is a coded error', async () => {
    await expect(staticInt8.apply(model(mlp), options(), await context())).rejects.toMatchObject({
      code: 'optimize/calibration',
    });
    await expect(staticInt8.apply(model(mlp), options(), await calibrated())).rejects.toMatchObject({
      code: 'optimize/calibration',
    });
  });

  test.each(['minmax', 'moving-average', 'percentile', 'entropy', 'mse', 'best'])(
    'one row, and a constant zero: %s',
    async (method) => {
      const before = model(mlp);
      const one = await calibrated({ x: input([1, 8], 'one') });
      const feeds = { x: input([1, 8], 'one') };
      const after = await staticInt8.apply(before, options({ method }), one);
      const expected = (await run(one, before, feeds))['y']!;
      expect(relativeError(expected, (await run(one, after.model, feeds))['y']!)).toBeLessThan(0.05);
      const zeros: Feeds = { x: { dtype: 'float32', dims: [2, 8], data: new Float32Array(16) } };
      const nothing = await calibrated(zeros);
      const { model: still } = await staticInt8.apply(before, options({ method }), nothing);
      expect([...((await run(nothing, still, zeros))['y']!.data as Float32Array)]).toEqual(
        Array.from({ length: 8 }, () => 0),
      );
    },
  );

  test('NaN in a weight or in calibration leaves the layer alone, and says so', async () => {
    const world = await calibrated({ x: input([2, 8], 'a') });
    const before = model(
      `x: float32[N, 8]; w = float32[8, 8]{...}; zero = float32[]{0.0}; v = float32[8, 8]{...}
       a = MatMul(x, w); d = Div(x, zero); b = MatMul(d, v); c = MatMul(x, v); s = Add(a, b); y = Add(s, c)`,
      { w: tensor('float32', [8, 8], new Float32Array(64).fill(Number.NaN)) },
    );
    const { changes, skipped } = await staticInt8.apply(before, options(), world);
    expect(changes).toHaveLength(1);
    expect(skipped.map(({ reason }) => reason)).toEqual([
      'the weight w holds NaN or infinity',
      'calibration saw NaN or infinity, or nothing at all, in d',
    ]);
  });

  test('channels of zeros keep their bias exactly', async () => {
    const before = model(
      'x: float32[N, 8]; w = float32[8, 3]{...}; b = float32[3]{0.3, -0.7, 0.1}; y = Gemm(x, w, b)',
      {
        w: tensor('float32', [8, 3], new Float32Array(24)),
      },
    );
    for (const perChannel of [true, false])
      expect((await quantized(before, [4, 8], { perChannel })).error).toBeLessThan(1e-6);
  });

  test('batches without rows', async () => {
    const world = await calibrated({ x: input([0, 8], 'none') }, { x: input([3, 8], 'some') });
    for (const method of ['minmax', 'mse']) {
      const { changes, skipped } = await staticInt8.apply(model(mlp), options({ method }), world);
      expect(changes.length + skipped.length).toBe(1);
    }
  });

  test('an unknown rank', async () => {
    const before = model(
      'x: float32[N, 2, 8]; to: int64[R]; w = float32[8, 4]{...}; b = float32[4]{...}; r = Reshape(x, to); h = MatMul(r, w); y = Add(h, b)',
    );
    const feeds = (label: string): Feeds => ({
      x: input([3, 2, 8], label),
      to: { dtype: 'int64', dims: [2], data: BigInt64Array.of(6n, 8n) },
    });
    const world = await calibrated(feeds('b'));
    const { model: after, changes } = await staticInt8.apply(before, options({ bits: '7' }), world);
    expect(changes.length).toBeGreaterThan(0);
    const expected = (await run(world, before, feeds('b')))['y']!;
    expect(relativeError(expected, (await run(world, after, feeds('b')))['y']!)).toBeLessThan(0.03);
    expect(operators(await optimized(after))).toMatchObject({ MatMulIntegerToFloat: 1 });
  });

  test('computed kernels, biases and products, overridable weights, exclusions', async () => {
    const world = await calibrated({ x: input([2, 8], 'a'), w: input([8, 8], 'w') });
    const { changes, skipped } = await staticInt8.apply(
      model(
        'x: float32[N, 8]; w: float32[8, 8]; v = float32[8, 8]{...}; a = MatMul(x, w); b = MatMul(a, v) as "keep"; y = Relu(b)',
      ),
      options({ exclude: ['keep'] }),
      world,
    );
    expect(changes).toEqual([]);
    expect(skipped.map(({ reason }) => reason)).toEqual([
      'both operands are computed at run time',
      'excluded by the exclude option',
    ]);
  });

  test('refuses as a whole', () => {
    expect(staticInt8.check(model('x: float32[2]; y = Relu(x)'), options())?.reason).toContain('no MatMul');
    expect(staticInt8.check(model(mlp), options({ activationType: 'int8', weightType: 'uint8' }))?.reason).toContain(
      'no kernel multiplies',
    );
  });
});

test('an older operator set is raised', async () => {
  const { error, model: after } = await quantized(
    model('opset 10; x: float32[N, 8]; w = float32[8, 4]{...}; y = MatMul(x, w)'),
    [3, 8],
  );
  expect(after.opsets.get('')).toBe(13);
  expect(error).toBeLessThan(0.03);
});

test('a graph output, a Relu and a branch see the same value', async () => {
  const { error } = await quantized(
    model(`x: float32[N, 3, 6, 6]; k = float32[4, 3, 3, 3]{...}; flag = bool[]{1}
      a = Conv(x, k); r = Relu(a); y = Identity(r); z = Neg(a)
      u = If(flag) { then_branch: graph "t" { tt = Neg(r); -> tt: float32[N, 4, 4, 4] }, else_branch: graph "e" { ee = Abs(r); -> ee: float32[N, 4, 4, 4] } }
      -> y: float32[N, 4, 4, 4], z: float32[N, 4, 4, 4], u: float32[N, 4, 4, 4], a: float32[N, 4, 4, 4]`),
    [2, 3, 6, 6],
    { bits: '7' },
  );
  expect(error).toBeLessThan(0.03);
});
