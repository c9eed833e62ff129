import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { createContext } from '../../engine/run/context.ts';
import { parseOptions } from '../../contracts/index.ts';
import { parseText, printLine } from '../../model/graph/index.ts';
import { deduplicate } from './deduplicate.ts';

const context = createContext({ seed: 1, workFolder: tmpdir() });
const run = async (text: string, raw = {}) => {
  const result = await deduplicate.apply(parseText(text), parseOptions('test', deduplicate.options, raw), context);
  return { ...result, text: printLine(result.model) };
};

test('one copy of equal weights', async () => {
  const { text, changes } = await run(
    'a = float32[2] {1.0, 2.0}; b = float32[2] {1.0, 2.0}; c = float32[2] {1.0, 3.0}; y = my.Use(x, a, b, c)',
  );
  expect(text).toBe('a = float32[2] {1.0, 2.0}; c = float32[2] {1.0, 3.0}; y = my.Use(x, a, a, c)');
  expect(changes).toEqual([{ what: expect.stringContaining('weight b'), nodes: ['y'] }]);
});

test('one computation of what is computed several times, along whole branches', async () => {
  const { text } = await run('a = Neg(x); b = Neg(x); c = Abs(a); d = Abs(b); y = Add(c, d)');
  expect(text).toBe('a = Neg(x); c = Abs(a); y = Add(c, c)');
});

test('equal weights make equal computations', async () => {
  const { text } = await run('v = float32[1] {1.0}; w = float32[1] {1.0}; a = Mul(x, v); b = Mul(x, w); y = Add(a, b)');
  expect(text).toBe('v = float32[1] {1.0}; a = Mul(x, v); y = Add(a, a)');
});

test('names that callers use stay', async () => {
  expect((await run('a = Neg(x); y = Neg(x); z = Abs(a); -> y, z')).text).toBe(
    'y = Neg(x); z = Abs(y)'.concat('; -> y, z'),
  );
  const both = await run('y = Neg(x); z = Neg(x); -> y, z');
  expect(both.changes).toEqual([]);
  expect(both.skipped).toEqual([{ reason: expect.stringContaining('names that callers use'), nodes: ['z'] }]);
});

test('an overridable weight is no twin', async () => {
  expect(
    (await run('x: float32; a: float32[1]; a = float32[1] {1.0}; b = float32[1] {1.0}; y = my.Use(x, a, b)')).changes,
  ).toEqual([]);
});

test('random operators are drawn twice', async () => {
  expect((await run('a = RandomNormalLike(x); b = RandomNormalLike(x); y = Sub(a, b)')).changes).toEqual([]);
});

test('operators with more outputs merge output by output', async () => {
  const { text } = await run('a, b = Split(x); c, d = Split(x); y = my.Use(a, b, c, d)');
  expect(text).toBe('a, b = Split(x); y = my.Use(a, b, a, b)');
});

test('options leave small weights and computations alone', async () => {
  const text = 'a = float32[2] {1.0, 2.0}; b = float32[2] {1.0, 2.0}; p = Add(x, a); q = Add(x, b); y = Mul(p, q)';
  expect((await run(text, { minimumBytes: 9 })).changes).toEqual([]);
  expect((await run(text, { computations: false })).text).toBe(
    'a = float32[2] {1.0, 2.0}; p = Add(x, a); q = Add(x, a); y = Mul(p, q)',
  );
});

test('bodies use the copy that stays', async () => {
  const { text } = await run(
    'v = float32[1] {1.0}; w = float32[1] {1.0}; a = Add(x, v); y = If(c) {then_branch: graph "t" { t = Neg(w) }, else_branch: graph "e" { e = Neg(a) }}',
  );
  expect(text).toContain('{ t = Neg(v) }');
});
