import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { createContext } from '../../engine/run/context.ts';
import { parseOptions } from '../../contracts/index.ts';
import { parseText, printLine } from '../../model/graph/index.ts';
import { dropIdentity } from './drop-identity.ts';

const context = createContext({ seed: 1, workFolder: tmpdir() });
const run = async (text: string, raw = {}) => {
  const result = await dropIdentity.apply(parseText(text), parseOptions('test', dropIdentity.options, raw), context);
  return { ...result, text: printLine(result.model) };
};

test.each([
  ['a = Identity(x); b = Identity(a); y = Relu(b)', 'y = Relu(x)'],
  ['a = Dropout(x); y = Relu(a)', 'y = Relu(x)'],
  ['a = Neg(x); b = Cast(a) {to: 1}; y = Relu(b)', 'a = Neg(x); y = Relu(a)'],
  ['a = Transpose(x) {perm: [0, 1, 2]}; y = Relu(a)', 'y = Relu(x)'],
  ['a = Concat(x) {axis: 0}; y = Relu(a)', 'y = Relu(x)'],
  ['s = float32[] {1.0}; x: float32[N]; a = Mul(x, s); y = Relu(a)', 'x: float32[N]; y = Relu(x)'],
  ['s = float32[1] {0.0}; x: float32[N]; a = Add(x, s); y = Relu(a)', 'x: float32[N]; y = Relu(x)'],
  ['x: float32[B, 4]; s = int64[2] {-1, 4}; a = Reshape(x, s); y = Relu(a)', 'x: float32[B, 4]; y = Relu(x)'],
  ['r = int64[2] {1, 1}; a = Tile(x, r); y = Relu(a)', 'y = Relu(x)'],
  ['p = int64[2] {0, 0}; a = Pad(x, p); y = Relu(a)', 'y = Relu(x)'],
  ['s = int64[1] {0}; e = int64[1] {9223372036854775807}; a = Slice(x, s, e); y = Relu(a)', 'y = Relu(x)'],
  ['x: float32[2, 3]; s = int64[2] {1, 3}; a = Expand(x, s); y = Relu(a)', 'x: float32[2, 3]; y = Relu(x)'],
  ['a = Relu(x); y = Identity(a)', 'y = Relu(x)'],
])('%s', async (before, after) => {
  const result = await run(before);
  expect(result.text).toBe(after);
  expect(result.changes.length).toBeGreaterThan(0);
});

test.each([
  'a = Dropout(x, r, t); y = Relu(a)',
  'a = Cast(x) {to: 10}; y = Relu(a)',
  'a = my.Maker(x); b = Cast(a) {to: 1}; y = Relu(b)',
  'a = Transpose(x) {perm: [1, 0]}; y = Relu(a)',
  'a = Transpose(x); y = Relu(a)',
  'x: float32[A, B]; s: int64[2]; a = Reshape(x, s); y = Relu(a)',
  'x: float32[A, B]; s = int64[2] {-1, 4}; a = Reshape(x, s); y = Relu(a)',
  'x: float32[0, B]; s = int64[2] {0, 4}; a = Reshape(x, s); y = Relu(a)',
  's = float32[1] {1.0}; x: float32[]; a = Mul(x, s); y = Relu(a)',
  's = float32[2] {1.0, 1.0}; x: float32[N]; a = Mul(x, s); y = Relu(a)',
  's: float32[]; s = float32[] {1.0}; x: float32[N]; a = Mul(x, s); y = Relu(a)',
  's = float32[] {0.0}; x: float32[N]; a = Mul(x, s); y = Relu(a)',
  'a = my.Identity(x); y = Relu(a)',
  's = int64[1] {0}; e = int64[1] {5}; a = Slice(x, s, e); y = Relu(a)',
])('leaves alone: %s', async (text) => {
  const result = await run(text);
  expect(result.changes).toEqual([]);
  expect(result.skipped.length).toBeGreaterThan(0);
});

test('what a file states about an inner value proves nothing', async () => {
  const model = parseText('a = my.Maker(x); b = Cast(a) {to: 1}; y = Relu(b)');
  const values = new Map([['a', { name: 'a', type: { kind: 'tensor', dtype: 'float32', dims: [2] } as const }]]);
  const stated = { ...model, graph: { ...model.graph, values } };
  expect((await dropIdentity.apply(stated, { rearrangements: true }, context)).changes).toEqual([]);
});

test('between two names that callers use it says why it stays', async () => {
  const { changes, skipped } = await run('y = Identity(x)');
  expect(changes).toEqual([]);
  expect(skipped).toEqual([{ reason: expect.stringContaining('names that callers use'), nodes: ['y'] }]);
});

test('without rearrangements only copies go', async () => {
  const text = 'a = Identity(x); b = Transpose(a) {perm: [0, 1]}; y = Relu(b)';
  expect((await run(text, { rearrangements: false })).text).toBe('b = Transpose(x) {perm: [0, 1]}; y = Relu(b)');
});

test('a body follows', async () => {
  const { text } = await run(
    'a = Identity(x); y = If(c) {then_branch: graph "t" { t = Neg(a) }, else_branch: graph "e" { e = Abs(a) }}',
  );
  expect(text).toContain('{ t = Neg(x) }');
  expect(text).not.toContain('Identity');
});

test('says when there is nothing to look at', () => {
  expect(dropIdentity.check(parseText('y = Relu(x)'), { rearrangements: true })?.reason).toContain('no operator');
});

test('the shape that a Loop body states for its inputs proves nothing', async () => {
  const body =
    'i: int64[]; go: bool[]; v: float32[2, 3]; on = Identity(go); s = int64[2] {2, 3}; w = Reshape(v, s); z = Neg(w); -> on, z';
  const { text } = await run(`y = Loop(n, go, x) {body: graph "b" { ${body} }}`);
  expect(text).toContain('w = Reshape(v, s)');
});
