import { describe, expect, test } from 'vitest';
import { parseOptions, type Feeds, type Model } from '../../contracts/index.ts';
import { context, input, model, normal, operators, relativeError, run } from '../testing/quantized.ts';
import { blockwise } from './blockwise.ts';

const options = (raw: Record<string, unknown> = {}) => parseOptions(blockwise.id, blockwise.options, raw);
const feeds = (k: number) =>
  async function* (): AsyncIterable<Feeds> {
    for (let i = 0; i < 3; i++) yield { x: input([20, k], `calibration ${i}`) };
  };
const methods = ['rtn', 'k-quant', 'hqq', 'gptq', 'awq', 'awq-gptq'];

const errorOf = async (before: Model, after: Model, k: number): Promise<number> => {
  const world = await context();
  const x = { x: input([6, k], 'x') };
  return relativeError((await run(world, before, x))['y']!, (await run(world, after, x))['y']!);
};

describe.each(methods)('%s', (method) => {
  test.each([
    [64, '16', '4', true, 'nbits'],
    [72, '32', '4', false, 'qdq'],
    [12, '32', '4', true, 'nbits'],
    [256, '256', '8', false, 'nbits'],
    [50, '16', '2', true, 'nbits'],
  ])(
    'K=%i, block %s, %s bits, symmetric %s, %s: outputs stay within the error of so many bits',
    async (k, blockSize, bits, symmetric, form) => {
      const world = await context(feeds(k));
      const before = model(`x: float32[N, ${k}]; w = float32[${k}, 41]{...}; y = MatMul(x, w)`);
      const { model: after, changes } = await blockwise.apply(
        before,
        options({ blockSize, bits, symmetric, form, method }),
        world,
      );
      expect(operators(after)).toMatchObject(form === 'qdq' ? { DequantizeLinear: 1, MatMul: 1 } : { MatMulNBits: 1 });
      expect(after.opsets.get('')! >= 21).toBe(form === 'qdq');
      expect(changes.some(({ what }) => what.endsWith(`blocks of ${blockSize} (${method})`))).toBe(true);
      const error = await errorOf(before, after, k);
      expect(error).toBeGreaterThan(bits === '8' ? 1e-4 : 0.01);
      expect(error).toBeLessThan({ 8: 0.02, 4: 0.2, 2: 0.75 }[bits]!);
    },
  );
});

test('k-quant looks at the inputs when there are some', async () => {
  const k = 64;
  const loud = async function* (): AsyncIterable<Feeds> {
    const x = input([50, k], 'loud');
    yield { x: { ...x, data: (x.data as Float32Array).map((value, at) => (at % k < 8 ? 20 : 1) * value) } };
  };
  const before = model(`x: float32[N, ${k}]; w = float32[${k}, 41]{...}; y = MatMul(x, w)`);
  const world = await context(loud);
  let first: Feeds | undefined;
  for await (const one of loud()) first = one;
  const errors: number[] = [];
  for (const one of [await context(), world]) {
    const { model: after } = await blockwise.apply(before, options({ method: 'k-quant' }), one);
    errors.push(relativeError((await run(world, before, first!))['y']!, (await run(world, after, first!))['y']!));
  }
  expect(errors[1]! / errors[0]!).toBeLessThan(0.9);
});

test('hqq always stores zero points, as integers', async () => {
  const before = model('x: float32[N, 64]; w = float32[64, 40]{...}; y = MatMul(x, w)');
  const { model: after } = await blockwise.apply(before, options({ method: 'hqq' }), await context());
  expect(after.graph.initializers.get('w_zero_points')).toMatchObject({ dtype: 'uint8', dims: [40, 1] });
});

describe('nodes', () => {
  test('Gemm with transB, alpha, beta and bias; ONNX Runtime’s fused forms', async () => {
    const before = model(
      `opset 17; x: float32[N, 64]; w = float32[40, 64]{...}; b = float32[40]{...}; v = float32[40, 24]{...}; u = float32[24, 24]{...}
       a = Gemm(x, w, b) {transB: 1, alpha: 0.5, beta: 2.0}; c = com.microsoft.FusedGemm(a, v) {activation: "Relu"}
       y = com.microsoft.FusedMatMul(c, u) {transB: 1, alpha: 2.0}`,
    );
    const { model: after, changes } = await blockwise.apply(
      before,
      options({ bits: '8', blockSize: '16' }),
      await context(),
    );
    expect(changes).toHaveLength(3);
    expect(operators(after)).toEqual({ MatMulNBits: 3, Add: 1, Relu: 1 });
    expect(await errorOf(before, after, 64)).toBeLessThan(0.03);
  });

  test('bodies of If: the methods without data do them, also with a weight from outside; the others say why not', async () => {
    const before = model(
      `flag: bool[]; x: float32[N, 64]; w = float32[64, 64]{...}; v = float32[64, 64]{...}
       h = MatMul(x, w) as "outer"
       y = If(flag) { then_branch: graph "yes" { t = MatMul(h, v) as "inner"; -> t: float32[N, 64] },
                      else_branch: graph "no" { e = Neg(h); -> e: float32[N, 64] } }
       -> y: float32[N, 64]`,
    );
    const flag = { flag: { dtype: 'bool', dims: [], data: Uint8Array.of(1) } } as const;
    const world = await context(async function* () {
      yield { ...flag, x: input([5, 64], 'c') };
    });
    const plain = await blockwise.apply(before, options(), world);
    expect(plain.changes.map(({ nodes }) => nodes[0])).toEqual(['inner', 'outer']);
    const fed = { ...flag, x: input([4, 64], 'x') };
    expect(
      relativeError((await run(world, before, fed))['y']!, (await run(world, plain.model, fed))['y']!),
    ).toBeLessThan(0.2);
    const { changes, skipped } = await blockwise.apply(before, options({ method: 'gptq' }), world);
    expect(changes.map(({ nodes }) => nodes[0])).toEqual(['outer']);
    expect(skipped).toEqual([{ reason: 'it is inside a body: gptq cannot see its inputs there', nodes: ['inner'] }]);
  });

  test('zero columns and zero inputs stay exactly zero', async () => {
    const before = model('x: float32[N, 64]; w = float32[64, 3]{...}; y = MatMul(x, w)', {
      w: { ...normal([64, 3], 'w'), data: { kind: 'inline', bytes: new Uint8Array(64 * 3 * 4) } },
    });
    const none = async function* (): AsyncIterable<Feeds> {
      yield { x: { dtype: 'float32', dims: [3, 64], data: new Float32Array(192) } };
    };
    for (const method of methods) {
      const world = await context(none);
      const { model: after } = await blockwise.apply(before, options({ method }), world);
      const y = (await run(world, after, { x: input([2, 64], 'x') }))['y']!;
      expect(
        [...(y.data as Float32Array)].map((value) => value + 0),
        method,
      ).toEqual([0, 0, 0, 0, 0, 0]);
    }
  });
});

describe('refusals', () => {
  const before = model('x: float32[N, 64]; w = float32[64, 40]{...}; y = MatMul(x, w)');

  test.each(['gptq', 'awq', 'awq-gptq'])('%s without calibration data says what it needs', async (method) => {
    const { model: after, changes, skipped } = await blockwise.apply(before, options({ method }), await context());
    expect(after).toBe(before);
    expect(changes).toEqual([]);
    expect(skipped[0]!.reason).toMatch(new RegExp(`^method ${method} needs calibration data and there is none`));
  });

  test('NaN in a weight', async () => {
    const bad = normal([64, 40], 'w');
    new Float32Array((bad.data as { bytes: Uint8Array }).bytes.buffer)[100] = Number.NaN;
    const broken = model('x: float32[N, 64]; w = float32[64, 40]{...}; y = MatMul(x, w)', { w: bad });
    for (const method of methods) {
      const { changes, skipped } = await blockwise.apply(broken, options({ method }), await context(feeds(64)));
      expect(changes).toEqual([]);
      expect(skipped[0]!.reason).toBe('the weight w holds NaN or infinity');
    }
  });

  test('a graph without MatMul', () =>
    expect(blockwise.check(model('x: float32[N]; y = Relu(x)'), options())?.reason).toBe(
      'the graph has no MatMul or Gemm',
    ));
});
