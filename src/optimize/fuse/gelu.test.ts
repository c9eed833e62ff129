import { describe, expect, test } from 'vitest';
import { answersApart, fused, fusionFile } from '../testing/fused.ts';
import { gelu } from './gelu.ts';

const constants =
  'half = float32[] {0.5}; two = float32[] {2.0}; three = float32[] {3.0}; one = float32[] {1.0}; r = float32[] {1.4142135}; ' +
  'ir = float32[1] {0.70710677}; c = float32[] {0.044715}; s = float32[] {0.7978846}; a = float32[] {1.702}';
const run = (text: string, raw = {}) => fused(gelu, `x: float32[N, 8]; ${constants}; ${text}`, raw);
const body = (text: string) => text.split('; ').at(-1);

const erf = 'd = Div(x, r); e = Erf(d); p = Add(e, one)';
const tanhs = {
  'a cube by Pow': 'q = Pow(x, three); k = Mul(c, q); i = Add(x, k); t0 = Mul(i, s)',
  'a cube by Mul': 'q0 = Mul(x, x); q = Mul(x, q0); k = Mul(q, c); i = Add(k, x); t0 = Mul(s, i)',
  'x drawn out': 'k0 = Mul(x, c); k = Mul(x, k0); i = Add(k, one); t1 = Mul(x, s); t0 = Mul(t1, i)',
  'x drawn out at last': 'k0 = Mul(x, c); k = Mul(k0, x); i = Add(one, k); t1 = Mul(x, i); t0 = Mul(s, t1)',
  'a square by Pow': 'q = Pow(x, two); k = Mul(c, q); i = Add(one, k); t1 = Mul(s, i); t0 = Mul(x, t1)',
};

describe('Gelu of Erf', () => {
  test.each([
    `${erf}; h = Mul(x, p); y = Mul(h, half)`,
    `${erf}; h = Mul(p, x); y = Mul(half, h)`,
    `${erf}; h = Mul(x, half); y = Mul(h, p)`,
    `${erf}; h = Div(x, two); y = Mul(p, h)`,
    `${erf}; h = Mul(p, half); y = Mul(x, h)`,
    `${erf}; h = Mul(x, p); y = Div(h, two)`,
    'd = Mul(ir, x); e = Erf(d); p = Add(one, e); h = Mul(x, p); y = Mul(h, half)',
    'd = Div(x, r); e = Erf(d); h = Mul(e, half); p = Add(h, half); y = Mul(x, p)',
  ])('%s', async (text) => {
    const result = await run(text);
    expect(body(result.text)).toBe('y = com.microsoft.Gelu(x)');
    expect(await answersApart(result)).toBeLessThan(1e-5);
  });

  test('the standard operator where the operator set has it', async () => {
    const result = await run(`opset 20; ${erf}; h = Mul(x, p); y = Mul(h, half)`);
    expect(body(result.text)).toBe('y = Gelu(x)');
    expect(await answersApart(result)).toBeLessThan(1e-5);
  });

  test('by Tanh only when asked', async () => {
    const result = await run(`${erf}; h = Mul(x, p); y = Mul(h, half)`, { approximate: true });
    expect(body(result.text)).toBe('y = com.microsoft.FastGelu(x)');
    const error = await answersApart(result);
    expect(error).toBeGreaterThan(1e-6);
    expect(error).toBeLessThan(result.tolerance);
  });
});

describe('Gelu of Tanh', () => {
  for (const [name, inner] of Object.entries(tanhs)) {
    test.each([
      't = Tanh(t0); p = Add(t, one); h = Mul(x, half); y = Mul(h, p)',
      't = Tanh(t0); p = Add(one, t); h = Mul(half, p); y = Mul(h, x)',
    ])(`${name}: %s`, async (outer) => {
      const result = await run(`${inner}; ${outer}`);
      expect(body(result.text)).toBe('y = com.microsoft.FastGelu(x)');
      expect(await answersApart(result)).toBeLessThan(1e-5);
    });
  }

  test('the standard operator where the operator set has it', async () => {
    const result = await run(
      `opset 20; ${tanhs['x drawn out']}; t = Tanh(t0); p = Add(t, one); h = Mul(x, half); y = Mul(h, p)`,
    );
    expect(body(result.text)).toBe('y = Gelu(x) {approximate: "tanh"}');
    expect(await answersApart(result)).toBeLessThan(1e-5);
  });
});

test('x·sigmoid(αx)', async () => {
  const result = await run('m = Mul(a, x); g = Sigmoid(m); y = Mul(g, x)');
  expect(body(result.text)).toBe('y = com.microsoft.QuickGelu(x) {alpha: 1.702}');
  expect(await answersApart(result)).toBeLessThan(1e-5);
});

describe('bias', () => {
  const weights = 'w = float32[8, 8] {...}; b = float32[8] {...}; m = MatMul(x0, w)';
  const biased = (order: string) => `x0: float32[N, 8]; ${constants}; ${weights}; x = Add(${order}); ${erf}`;

  test.each(['m, b', 'b, m'])('Add(%s) joins', async (order) => {
    const result = await fused(gelu, `${biased(order)}; h = Mul(x, p); y = Mul(h, half)`);
    expect(body(result.text)).toBe('y = com.microsoft.BiasGelu(m, b)');
    expect(await answersApart(result)).toBeLessThan(1e-5);
  });

  test('also in front of Tanh, and with the standard operator', async () => {
    const outer = 't = Tanh(t0); p = Add(t, one); h = Mul(x, half); y = Mul(h, p)';
    const head = `x0: float32[N, 8]; ${constants}; ${weights}; x = Add(m, b)`;
    const tanh = await fused(gelu, `opset 20; ${head}; ${tanhs['x drawn out']}; ${outer}`);
    expect(body(tanh.text)).toBe('y = com.microsoft.FastGelu(m, b)');
    expect(await answersApart(tanh)).toBeLessThan(1e-5);
    const off = await fused(gelu, `${biased('m, b')}; h = Mul(x, p); y = Mul(h, half)`, { bias: false });
    expect(body(off.text)).toBe('y = com.microsoft.Gelu(x)');
  });

  test('a bias that may widen the value stays', async () => {
    const wide = `v: float32[N, 1]; b = float32[8] {...}; ${constants}; x = Add(v, b); ${erf}; h = Mul(x, p); y = Mul(h, half)`;
    const result = await fused(gelu, wide);
    expect(result.text).toContain('y = com.microsoft.Gelu(x)');
    expect(result.skipped[0]?.reason).toContain('may be spread along the last axis');
    expect(await answersApart(result)).toBeLessThan(1e-5);
  });
});

describe('near misses say what broke them', () => {
  const end = 'h = Mul(x, p); y = Mul(h, half)';
  test.each([
    [`d = Div(x, two); e = Erf(d); p = Add(e, one); ${end}`, 'the divisor √2 is 2, expected 1.41421'],
    [`d = Div(x, r); e = Erf(d); p = Add(e, two); ${end}`, 'the term beside the function is 2, expected 1'],
    [`d = Div(z, r); e = Erf(d); p = Add(e, one); ${end}`, 'Div uses z, expected x'],
    [`${erf}; ${end}; -> y, e`, 'the value e is also an output of the graph'],
    [`${erf}; ${end}; u = Neg(p); -> y, u`, 'the value p is also used by u'],
    [`wide = float32[1, 1, 1] {0.5}; ${erf}; h = Mul(x, p); y = Mul(h, wide)`, 'a constant may add a dimension'],
  ])('%s', async (text, reason) => {
    const result = await run(text);
    expect(result.changes).toEqual([]);
    expect(result.skipped.map((one) => one.reason).join()).toContain(reason);
    expect(result.model).toBe(result.before);
  });

  test('an overridable factor, another type, no such operator', async () => {
    const open = await run(`${erf.replace('one', 'open')}; open: float32[]; open = float32[] {1.0}; ${end}`);
    expect(open.skipped[0]?.reason).toContain('the term beside the function is not one constant number');
    const double =
      'x: float64[N]; r = float64[] {1.4142135623730951}; one = float64[] {1.0}; half = float64[] {0.5}; ' +
      `${erf}; ${end}`;
    expect((await fused(gelu, double)).skipped[0]?.reason).toContain('float64, which has no fused operator');
    expect((await fused(gelu, 'y = Relu(x)')).skipped[0]?.reason).toContain('no Erf');
    expect((await fused(gelu, 'y = Tanh(x)')).skipped[0]?.reason).toContain('part of a Gelu');
  });
});

test('in the bodies of If', async () => {
  const branch = (name: string) =>
    `graph "${name}" { r = float32[] {1.4142135}; one = float32[] {1.0}; half = float32[] {0.5}; v = Neg(x); ` +
    `d = Div(v, r); e = Erf(d); p = Add(e, one); h = Mul(v, p); ${name} = Mul(h, half); -> ${name}: float32[N, 8] }`;
  const text = `c: bool[]; x: float32[N, 8]; y = If(c) {then_branch: ${branch('t')}, else_branch: ${branch('f')}}; -> y: float32[N, 8]`;
  const result = await fused(gelu, text);
  expect(result.changes.length).toBe(2);
  expect(await answersApart(result)).toBeLessThan(1e-5);
});

describe('real graphs', () => {
  test.each([
    ['gelu.onnx', 'Gelu'],
    ['gelu_format2_0.onnx', 'Gelu'],
    ['gelu_format2_1.onnx', 'Gelu'],
    ['gelu_format2_1_use_graph_input.onnx', 'Gelu'],
    ['bias_gelu_fusion.onnx', 'BiasGelu'],
    ['fast_gelu.onnx', 'FastGelu'],
    ['fast_gelu2.onnx', 'FastGelu'],
    ['fast_gelu_with_bias.onnx', 'FastGelu'],
    ['fast_gelu2_with_bias.onnx', 'FastGelu'],
    ['fast_gelu_with_bias_use_graph_input.onnx', 'FastGelu'],
    ['fast_gelu2_with_bias_use_graph_input.onnx', 'FastGelu'],
    ['fast_gelu_use_graph_input.onnx', 'FastGelu'],
    ['fast_gelu2_use_graph_input.onnx', 'FastGelu'],
  ])('%s', async (file, operator) => {
    const model = await fusionFile('fusion', file);
    if (!model) return;
    const result = await fused(gelu, model);
    const { Identity: _, ...operators } = result.operators;
    expect(operators).toEqual({ [operator]: 1 });
    expect(await answersApart(result)).toBeLessThan(result.tolerance);
  });
});
