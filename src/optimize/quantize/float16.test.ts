import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { float16 } from './float16.ts';
import { context, input, model, operators, relativeError, run } from '../testing/quantized.ts';

const options = (raw: Record<string, unknown> = {}) => parseOptions(float16.id, float16.options, raw);

describe('quantize/float16', () => {
  test('the whole network in float16, inputs and outputs in float32', async () => {
    const world = await context();
    const before = model(
      'x: float32[N, 32]; w = float32[32, 16]{...}; b = float32[16]{...}; h = MatMul(x, w); s = Add(h, b); y = Relu(s)',
    );
    const { model: after } = await float16.apply(before, options(), world);
    expect(operators(after)).toEqual({ Cast: 2, MatMul: 1, Add: 1, Relu: 1 });
    expect([...after.graph.initializers.values()].every(({ dtype }) => dtype === 'float16')).toBe(true);
    const feeds = { x: input([4, 32], 'x') };
    const [expected, actual] = [await run(world, before, feeds), await run(world, after, feeds)];
    expect(actual['y']!.dtype).toBe('float32');
    expect(relativeError(expected['y']!, actual['y']!)).toBeLessThan(0.002);
  });

  test('a constant beyond the range keeps its operator in float32', async () => {
    const world = await context();
    const before = model(
      'x: float32[N, 8]; big = float32[8]{...}; w = float32[8, 8]{...}; m = Mul(x, big); y = MatMul(x, w)',
      {
        big: tensor('float32', [8], new Float32Array(8).fill(1e6)),
      },
    );
    const { model: after, skipped } = await float16.apply(before, options(), world);
    expect(skipped).toEqual([{ reason: 'its constant big exceeds the float16 range', nodes: ['m'] }]);
    const feeds = { x: input([2, 8], 'x') };
    expect(relativeError((await run(world, before, feeds))['m']!, (await run(world, after, feeds))['m']!)).toBe(0);
  });

  test('calibration finds values that would overflow and makes islands of their operators', async () => {
    const feeds = { x: input([2, 8], 'x') };
    const world = await context(async function* () {
      yield feeds;
    });
    const before = model(
      'x: float32[N, 8]; c = float32[1]{...}; w = float32[8, 8]{...}; s = Mul(x, c); q = Mul(s, s); r = Sqrt(q); y = MatMul(x, w)',
      {
        c: tensor('float32', [1], Float32Array.of(3e4)),
      },
    );
    const { model: after, skipped } = await float16.apply(before, options(), world);
    expect(skipped.flatMap(({ nodes }) => nodes)).toContain('q');
    const actual = await run(world, after, feeds);
    expect((actual['r']!.data as Float32Array).every(Number.isFinite)).toBe(true);
    expect(relativeError((await run(world, before, feeds))['r']!, actual['r']!)).toBeLessThan(0.002);
  });

  test('values that a body uses stay available in float32', async () => {
    const world = await context();
    const before = model(
      'x: float32[2, 2]; t = float32[2, 2]{...}; p: bool[]; h = Add(x, t); y = If(p) {then_branch: graph "then" { a = Identity(h); -> a }, else_branch: graph "else" { b = Neg(h); -> b }}',
    );
    const { model: after } = await float16.apply(before, options(), world);
    const feeds = { x: input([2, 2], 'x'), p: { dtype: 'bool' as const, dims: [], data: Uint8Array.of(0) } };
    expect(relativeError((await run(world, before, feeds))['y']!, (await run(world, after, feeds))['y']!)).toBeLessThan(
      0.002,
    );
  });

  test('refuses operator sets that cannot be raised and models without float32 weights', () => {
    const stuck = model('opset 11; w = float32[2]{...}; a, mask = Dropout(x); y = Add(a, w)');
    expect(float16.check(stuck, options())?.reason).toContain('Dropout cannot go from version 11 to 12');
    expect(float16.check(model('y = Relu(x)'), options())?.reason).toBe('the model has no float32 weights');
  });

  test('bodies stay float32, find what they capture, and are named', async () => {
    const world = await context();
    const before = model(`x: float32[N, 8]; p: bool[]; w = float32[8, 8]{...}; v = float32[8, 8]{...}
      h = MatMul(x, w)
      y = If(p) {
        then_branch: graph "t" { a = MatMul(h, v); b = Add(a, h); -> b },
        else_branch: graph "e" { u = float32[8, 8]{...}; c = MatMul(h, u); -> c } } as "choice"
      z = MatMul(y, v)
      -> z: float32[N, 8]`);
    const { model: after, skipped } = await float16.apply(before, options(), world);
    expect(skipped).toEqual([{ reason: 'If stays float32 with everything in its bodies', nodes: ['choice'] }]);
    for (const flag of [0, 1]) {
      const feeds = { x: input([2, 8], 'x'), p: { dtype: 'bool' as const, dims: [], data: Uint8Array.of(flag) } };
      const error = relativeError((await run(world, before, feeds))['z']!, (await run(world, after, feeds))['z']!);
      expect(error).toBeGreaterThan(0);
      expect(error).toBeLessThan(0.005);
    }
  });

  test('weights in bodies only: refused, with the nodes', () => {
    const text =
      'p: bool[]; y = If(p) {then_branch: graph "t" { v = float32[8, 8]{...}; b = Neg(v) }, else_branch: graph "e" { c = float32[8, 8]{...}; d = Neg(c) } }';
    expect(float16.check(model(text), options())).toEqual({
      reason: 'all float32 weights are in bodies, which stay float32',
      nodes: ['y'],
    });
  });

  test('an operator that shares a value of unknown type stays float32', async () => {
    const before = model('w = float32[8, 8]{...}; a = my.Maker(x); m = MatMul(x, w); y = Mul(m, a)');
    const { skipped } = await float16.apply(before, options(), await context());
    expect(skipped).toContainEqual({ reason: 'the element type of a is unknown', nodes: ['y'] });
  });

  test('an older operator set is raised first', async () => {
    const world = await context();
    const before = model(
      'opset 11; x: float32[2, 8]; w = float32[8, 8]{...}; m = MatMul(x, w); y = Softmax(m) {axis: 0}',
    );
    expect(float16.check(before, options())).toBeNull();
    const { model: after, changes } = await float16.apply(before, options(), world);
    expect(after.opsets.get('')).toBe(13);
    expect(changes[0]?.what).toBe('opset 11 raised to 13');
    const feeds = { x: input([2, 8], 'x') };
    const error = relativeError((await run(world, before, feeds))['y']!, (await run(world, after, feeds))['y']!);
    expect(error).toBeLessThan(0.002);
  });
});

test('operators that lose too much go back to float32: the difference of two close, large values', async () => {
  let read = 0;
  const calibration = async function* () {
    read++;
    yield { x: input([4, 8], 'islands') };
  };
  const world = await context(calibration);
  // 1000 + x keeps three digits of x in float16.
  const network = model(
    `x: float32[N, 8]; w = float32[8, 8]{...}; big = float32[] {1000.0}
     a = Add(x, big) as "lift"; b = Sub(a, big) as "drop"; y = MatMul(b, w) as "product"`,
  );
  const { skipped } = await float16.apply(network, options(), world);
  expect(skipped.filter(({ reason }) => reason.startsWith('kept as it was')).flatMap(({ nodes }) => nodes)).toEqual(
    expect.arrayContaining(['lift']),
  );
  // Once for what values reach and once for the answers, however many operators are tried.
  expect(read).toBe(2);
  const { skipped: careless } = await float16.apply(network, options({ maxError: 1 }), world);
  expect(careless).toEqual([]);
});

test.each([
  ['a layer normalization', 'ng = Mul(n, g); y = Add(ng, b)', 'ng'],
  ['one without scale', 'y = Mul(n, far)', 'y'],
])('%s that is written out stays float32 as a whole, with what makes its input', async (_, text, kept) => {
  const world = await context();
  const before = model(
    `x: float32[N, 8]; w = float32[8, 8]{...}; g = float32[8]{...}; b = float32[8]{...}; far = float32[1] {70000.0}; two = float32[] {2.0}; eps = float32[] {0.00001}
     h = MatMul(x, w); s = Add(h, x); m = ReduceMean(s) {axes: [-1]}; d = Sub(s, m); q = Pow(d, two); v = ReduceMean(q) {axes: [-1]}
     e = Add(v, eps); r = Sqrt(e); n = Div(d, r); ${text}`,
    { g: tensor('float32', [8], new Float32Array(8).fill(1e5)) },
  );
  const { model: after, skipped } = await float16.apply(before, options(), world);
  const feeds = { x: input([4, 8], 'x') };
  const error = relativeError((await run(world, before, feeds))['y']!, (await run(world, after, feeds))['y']!);
  expect(error).toBeLessThan(0.01);
  expect(skipped.flatMap(({ nodes }) => nodes)).toEqual(
    expect.arrayContaining(['m', 'd', 'q', 'v', 'e', 'r', 'n', kept]),
  );
  expect(skipped.find(({ nodes }) => nodes.includes('s'))?.reason).toBe(
    `it belongs to a normalization of which ${kept} stays float32`,
  );
  expect(skipped.some(({ nodes }) => nodes.includes('h'))).toBe(false);
});

test('weights that no operator computes with: nothing to do, and it says so', async () => {
  const before = model('x: float32[N]; w = float32[4, 4] {...}; -> x: float32[N], w: float32[4, 4]');
  const { model: after, changes, skipped } = await float16.apply(before, options(), await context());
  expect(after).toBe(before);
  expect(changes).toEqual([]);
  expect(skipped).toEqual([{ reason: 'no operator computes with its float32 weights', nodes: [] }]);
});
