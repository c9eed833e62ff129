import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Value } from '../../contracts/index.ts';
import { parseText } from '../../model/graph/index.ts';
import { emitter, extend } from '../writing/emit.ts';
import { differentiate } from './gradient.ts';
import { microsoftRules, rules } from './rules/index.ts';
import { evaluate, gradientError } from './testing/differences.ts';

const f = 'float64';
const of = (text: string, loss: string, wanted: readonly string[]): ReadonlyMap<string, string> => {
  const model = parseText(text);
  return differentiate(model, loss, wanted, emitter(model));
};

test('goes through a whole attention block, with sizes known at run time', async () => {
  const text = `x: ${f}[N, S, 4]; q: ${f}[4, 4]; k: ${f}[4, 4]; v: ${f}[4, 4]; m: ${f}[N, S]; g: ${f}[4]; b: ${f}[4];
    split = int64[4] {0, 0, 2, 2}; merge = int64[3] {0, 0, 4}; mid = int64[2] {1, 2};
    a1 = MatMul(x, q); a2 = Reshape(a1, split); a3 = Transpose(a2) {perm: [0, 2, 1, 3]}
    b1 = MatMul(x, k); b2 = Reshape(b1, split); b3 = Transpose(b2) {perm: [0, 2, 3, 1]}
    c1 = MatMul(x, v); c2 = Reshape(c1, split); c3 = Transpose(c2) {perm: [0, 2, 1, 3]}
    s1 = MatMul(a3, b3); root = ${f}[] {1.5}; s2 = Div(s1, root); m1 = Unsqueeze(m, mid); s3 = Add(s2, m1); s4 = Softmax(s3)
    o1 = MatMul(s4, c3); o2 = Transpose(o1) {perm: [0, 2, 1, 3]}; o3 = Reshape(o2, merge); o4 = Add(o3, x)
    y = LayerNormalization(o4, g, b); -> y: ${f}[N, S, 4]`;
  const shapes = { x: [2, 3, 4], q: [4, 4], k: [4, 4], v: [4, 4], m: [2, 3], g: [4], b: [4] };
  expect(await gradientError({ text, shapes })).toBeLessThan(1e-6);
});

test('adds up the gradients of all uses', async () => {
  const text = `x: ${f}[3]; a = Tanh(x); b = Mul(a, x); c = Add(b, a); y = Mul(c, x); -> y: ${f}[3], a: ${f}[3]`;
  expect(await gradientError({ text, shapes: { x: [3] } })).toBeLessThan(1e-7);
});

test('a value that the loss does not depend on has no gradient, also behind a flat operator', () => {
  const text =
    'x: float32[3]; w: float32[3]; c = Round(w); d = Mul(c, x); y = ReduceSum(d) {keepdims: 0}; -> y: float32[]';
  expect([...of(text, 'y', ['x', 'w']).keys()]).toEqual(['x']);
  expect(
    of('x: float32[3]; w: float32[]; y = Neg(w); z = Neg(x); -> y: float32[], z: float32[3]', 'y', ['x']).size,
  ).toBe(0);
});

test('no gradient passes a value that counts as a constant', async () => {
  // x + stop(q(x) − x): forward q(x), backward the identity.
  const text = `x: ${f}[3]; w: ${f}[3]; q = Round(x); d = Sub(q, x); s = Add(x, d); p = Mul(s, w); y = ReduceSum(p) {keepdims: 0}; -> y: ${f}[]`;
  const model = parseText(text);
  const gradientsOf = async (
    constant: readonly string[],
    wanted: readonly string[],
  ): Promise<Record<string, Value>> => {
    const to = emitter(model);
    const found = differentiate(model, 'y', wanted, to, { constant: new Set(constant) });
    const all = extend(model, to);
    const outputs = [...found.values()].map(
      (name) => ({ name, type: { kind: 'tensor', dtype: f, dims: [3] } }) as const,
    );
    const run = await evaluate({ ...all, graph: { ...all.graph, outputs } });
    const value = (...data: number[]): Value => ({ dtype: f, dims: [3], data: Float64Array.from(data) });
    const answers = await run({ x: value(0.2, 1.7, -3.4), w: value(5, 7, 11) });
    return Object.fromEntries([...found].map(([name, gradient]) => [name, answers[gradient]!]));
  };
  const { x, w } = await gradientsOf(['d'], ['x', 'w']);
  expect([...(x!.data as Float64Array)]).toEqual([5, 7, 11]);
  expect([...(w!.data as Float64Array)]).toEqual([0, 2, -3]);
  // Without it the two ways to x cancel; with `s` or `x` itself nothing is left.
  expect([...((await gradientsOf([], ['x']))['x']!.data as Float64Array)]).toEqual([0, 0, 0]);
  expect(Object.keys(await gradientsOf(['s'], ['x', 'w']))).toEqual(['w']);
  expect(Object.keys(await gradientsOf(['x'], ['x', 'w']))).toEqual(['w']);
});

test('writes nothing into the model', () => {
  const model = parseText('x: float32[3]; y = ReduceSum(x) {keepdims: 0}; -> y: float32[]');
  const before = structuredClone(model);
  const to = emitter(model);
  differentiate(model, 'y', ['x'], to);
  expect(to.nodes.length).toBeGreaterThan(0);
  expect(model).toEqual(before);
});

test.each([
  [
    'training/unsupported',
    'bend (Det) has no gradient rule',
    'a = int64[1] {0}; m = Unsqueeze(x, a); e = Mul(x, m); c = Det(e) as "bend"; y = ReduceSum(c) {keepdims: 0}; -> y: float32[]',
  ],
  [
    'training/unsupported',
    'no gradient rule',
    'c = com.microsoft.Inverse(x); y = ReduceSum(c) {keepdims: 0}; -> y: float32[]',
  ],
  [
    'training/unsupported',
    'q (If) has bodies: no gradient goes through them',
    'k: bool[]; y = If(k) {then_branch: graph "t" { a = ReduceSum(x) {keepdims: 0}; -> a: float32[] }, else_branch: graph "e" { b = ReduceMax(x) {keepdims: 0}; -> b: float32[] }}; z = Add(y, x); s = ReduceSum(z) {keepdims: 0}; q = If(k) {then_branch: graph "t2" { a2 = Neg(s) }, else_branch: graph "e2" { b2 = Abs(s) }}; -> q: float32[]',
  ],
  [
    'training/unsupported',
    'again (Loop) has bodies: no gradient goes through them',
    'n: int64[]; k: bool[]; s = ReduceSum(x) {keepdims: 0}; y = Loop(n, k, s) {body: graph "b" { i: int64[]; c: bool[]; v: float32[]; o = Identity(c); w = Add(v, v); -> o: bool[], w: float32[] }} as "again"; -> y: float32[]',
  ],
  ['training/loss', 'must be a scalar', 'y = Neg(x); -> y: float32[3]'],
])('refuses with %s: %s', (code, message, rest) => {
  const loss = rest.includes('-> q') ? 'q' : 'y';
  const wrong = (): unknown => of(`x: float32[3]; ${rest}`, loss, ['x']);
  expect(wrong).toThrow(expect.objectContaining({ code }));
  expect(wrong).toThrow(message);
});

test('refuses an old operator set and an unknown rank', () => {
  const old = 'opset 12; x: float32[3]; y = ReduceSum(x) {keepdims: 0}; -> y: float32[]';
  expect(() => of(old, 'y', ['x'])).toThrow(expect.objectContaining({ code: 'training/opset' }));
  const rankless = 'x: float32; w: float32; p = MatMul(x, w); y = ReduceSum(p) {keepdims: 0}; -> y: float32[]';
  expect(() => of(rankless, 'y', ['w'])).toThrow(expect.objectContaining({ code: 'training/rank' }));
});

test('fused operators off the way to the loss are left alone, whatever they are', () => {
  const text = `x: float32[2, 3, 2, 3, 4]; z: float32[2]; m = com.microsoft.MultiHeadAttention(x) {num_heads: 2}; y = ReduceSum(z) {keepdims: 0}; -> y: float32[], m: float32`;
  expect(of(text, 'y', ['z', 'x']).size).toBe(1);
});

test('goes through fused operators, with ranks that only their parts tell', async () => {
  // Nothing is known about FusedConv's output but what its parts say.
  const text = `x: float32[1, 1, 3, 3]; w: float32[2, 1, 2, 2]; v: float32[2, 3]; c = com.microsoft.FusedConv(x, w) {kernel_shape: [2, 2], activation: "Tanh"};
    y = MatMul(c, v); -> y: float32[1, 2, 2, 3]`;
  const shapes = { x: [1, 1, 3, 3], w: [2, 1, 2, 2], v: [2, 3] };
  expect(await gradientError({ text, shapes })).toBeLessThan(3e-4);
});

test('every operator with a rule stands in a test of the rules', async () => {
  const folder = join(import.meta.dirname, 'rules');
  const files = (await readdir(folder)).filter((name) => name.endsWith('.test.ts'));
  const words = new Set(
    (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).join(' ').match(/\w+/g),
  );
  const all = [...Object.keys(rules), ...Object.keys(microsoftRules)];
  expect(all.length).toBeGreaterThan(100);
  expect(all.filter((op) => !words.has(op))).toEqual([]);
});
