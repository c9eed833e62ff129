import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { graphsOf } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { context, input, model, operators, relativeError, run } from '../testing/quantized.ts';
import { float16Storage } from './float16-storage.ts';

const options = (raw: Record<string, unknown> = {}) => parseOptions(float16Storage.id, float16Storage.options, raw);

describe('quantize/float16-storage', () => {
  test('weights take half the bytes, outputs stay within half-precision rounding', async () => {
    const world = await context();
    const before = model(
      'x: float32[N, 32]; w = float32[32, 16]{...}; b = float32[16]{...}; h = MatMul(x, w); y = Add(h, b)',
    );
    const { model: after, changes, skipped } = await float16Storage.apply(before, options(), world);
    expect(operators(after)).toEqual({ Cast: 1, MatMul: 1, Add: 1 });
    expect([...after.graph.initializers.values()].map(({ dtype }) => dtype).sort()).toEqual(['float16', 'float32']);
    expect(changes).toHaveLength(1);
    expect(skipped.map(({ reason }) => reason)).toEqual(['b: it has fewer than 64 values']);
    const feeds = { x: input([5, 32], 'x') };
    const error = relativeError((await run(world, before, feeds))['y']!, (await run(world, after, feeds))['y']!);
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(5e-4);
  });

  test('a weight beyond the range stays as it is, with the reason', async () => {
    const before = model('x: float32[N, 8]; w = float32[8, 8]{...}; y = MatMul(x, w)', {
      w: tensor('float32', [8, 8], new Float32Array(64).fill(1e6)),
    });
    const { changes, skipped, model: after } = await float16Storage.apply(before, options(), await context());
    expect(changes).toEqual([]);
    expect(skipped[0]?.reason).toBe('w: it holds 1000000, beyond float16');
    expect(after).toBe(before);
  });

  test('a shared weight is stored once, and a body that uses it still finds it', async () => {
    const world = await context();
    const before = model(
      'x: float32[N, 8]; p: bool[]; w = float32[8, 8]{...}; a = MatMul(x, w); y = If(p) {then_branch: graph "t" { b = MatMul(a, w); -> b }, else_branch: graph "e" { c = Identity(a); -> c }}',
    );
    const { model: after } = await float16Storage.apply(before, options(), world);
    expect(operators(after)).toMatchObject({ Cast: 1 });
    const feeds = { x: input([2, 8], 'x'), p: { dtype: 'bool' as const, dims: [], data: Uint8Array.of(1) } };
    expect(relativeError((await run(world, before, feeds))['y']!, (await run(world, after, feeds))['y']!)).toBeLessThan(
      1e-3,
    );
  });

  const branches = `x: float32[N, 8]; p: bool[]; w = float32[8, 8]{...}
    y = If(p) {
      then_branch: graph "t" { v = float32[8, 8]{...}; a = MatMul(x, w); b = MatMul(a, v); -> b },
      else_branch: graph "e" { v = Constant() {value: float32[8, 8]{...}}; c = MatMul(x, v); -> c } }
    -> y: float32[N, 8]`;
  const constantIn = tensor(
    'float32',
    [8, 8],
    Float32Array.from({ length: 64 }, (_, i) => Math.sin(i)),
  );
  const branching = () => {
    const text = branches.replace(
      'value: float32[8, 8]{...}',
      `value: float32[8, 8] {${Array.from({ length: 64 }, (_, i) => Math.sin(i)).join(', ')}}`,
    );
    return model(text, { v: constantIn });
  };

  test('weights of bodies, their Constant nodes and weights that they capture', async () => {
    const world = await context();
    const before = branching();
    const { model: after, changes } = await float16Storage.apply(before, options(), world);
    expect(changes.map(({ what }) => what).sort()).toEqual([
      'v stored in float16',
      'v stored in float16',
      'w stored in float16',
    ]);
    for (const graph of graphsOf(after))
      expect([...graph.initializers.values()].every(({ dtype }) => dtype === 'float16')).toBe(true);
    expect(graphsOf(after).flatMap((graph) => graph.nodes.filter(({ op }) => op === 'Constant'))).toEqual([]);
    for (const flag of [0, 1]) {
      const feeds = { x: input([2, 8], 'x'), p: { dtype: 'bool' as const, dims: [], data: Uint8Array.of(flag) } };
      const error = relativeError((await run(world, before, feeds))['y']!, (await run(world, after, feeds))['y']!);
      expect(error).toBeGreaterThan(0);
      expect(error).toBeLessThan(1e-3);
    }
  });

  test('a model with weights in bodies only is not refused', () => {
    const text =
      'p: bool[]; y = If(p) {then_branch: graph "t" { v = float32[8, 8]{...}; b = Neg(v) }, else_branch: graph "e" { c = float32[8, 8]{...}; d = Neg(c) } }';
    expect(float16Storage.check(model(text), options())).toBeNull();
  });

  test('bodies of a model before IR version 4 stay, with a reason that names the node', async () => {
    const old = { ...branching(), irVersion: 3 };
    const { skipped, changes } = await float16Storage.apply(old, options(), await context());
    expect(changes.map(({ what }) => what)).toContain('w stored in float16');
    expect(skipped).toContainEqual({ reason: expect.stringContaining('older than IR version 4'), nodes: ['y'] });
  });

  test('a body output stays, small constants are told together', async () => {
    const before = model(
      'p: bool[]; y = If(p) {then_branch: graph "t" { v = float32[8, 8]{...}; -> v }, else_branch: graph "e" { k = Constant() {value_float: 2.0}; c = float32[8, 8]{...}; d = Mul(c, k); -> d } }; -> y: float32[8, 8]',
    );
    const { changes, skipped } = await float16Storage.apply(before, options(), await context());
    expect(changes.map(({ what }) => what)).toEqual(['c stored in float16']);
    expect(skipped).toEqual([
      { reason: 'v: it is an output of its body', nodes: [] },
      { reason: 'constants with fewer than 64 values', nodes: ['k'] },
    ]);
  });

  test('refuses a model without float32 weights', () => {
    expect(float16Storage.check(model('y = Relu(x)'), options())?.reason).toBe('the model has no float32 weights');
  });
});

test('scales of quantized values stay float32 where float16 would lose digits', async () => {
  const world = await context();
  const scaled = (scale: number) =>
    model(
      'x: float32[N, 64]; s = float32[64] {...}; q = QuantizeLinear(x, s) {axis: 1}; y = DequantizeLinear(q, s) {axis: 1}',
      {
        s: tensor('float32', [64], new Float32Array(64).fill(scale)),
      },
    );
  const tiny = await float16Storage.apply(scaled(3e-6), options(), world);
  expect(tiny.changes).toEqual([]);
  expect(tiny.skipped[0]!.reason).toContain('scales of quantized values');
  const usual = await float16Storage.apply(
    scaled(0.01),
    parseOptions(float16Storage.id, float16Storage.options),
    world,
  );
  expect(usual.changes).toHaveLength(1);
});
