import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { fused, reasons } from '../testing/attention.ts';
import { context, model } from '../testing/quantized.ts';
import { rotary } from './rotary.ts';

interface Forms {
  /** Makes x4, [B, 4, S, 8], from x. */
  readonly heads?: string;
  /** Makes cos and sin. */
  readonly tables?: string;
  /** Makes t, the turned half. */
  readonly turn?: string;
  readonly more?: string;
  readonly output?: string;
}

const text = (forms: Forms = {}): string => `
  x: float32[B, S, 32]; positions: int64[B, S]
  split = int64[4] {0, 0, 4, 8}; first = int64[1] {0}; one = int64[1] {1}; two = int64[1] {2}; three = int64[1] {3}
  four = int64[1] {4}; end = int64[1] {9223372036854775807}; speeds = float32[4] {1.0, 0.1, 0.01, 0.001}
  ${forms.more ?? ''}
  ${
    forms.tables ??
    `at = Cast(positions) {to: 1}; at1 = Unsqueeze(at, two); angle = Mul(at1, speeds); both = Concat(angle, angle) {axis: -1}
     c = Cos(both); s = Sin(both); cos = Unsqueeze(c, one); sin = Unsqueeze(s, one)`
  }
  ${forms.heads ?? 'x2 = Reshape(x, split); x4 = Transpose(x2) {perm: [0, 2, 1, 3]}'}
  ${
    forms.turn ??
    `early = Slice(x4, first, four, three, one); late = Slice(x4, four, end, three, one); minus = Neg(late)
     t = Concat(minus, early) {axis: -1}`
  }
  a = Mul(x4, cos); b = Mul(t, sin); y = Add(a, b)
  ${forms.output ?? '-> y: float32[B, 4, S, 8]'}`;

const table = Array.from({ length: 16 * 8 }, (_, i) => Math.cos(Math.floor(i / 8) * 10 ** -(i % 4)).toFixed(6));
const pairTable = Array.from({ length: 16 * 8 }, (_, i) =>
  Math.cos(Math.floor(i / 8) * 10 ** -Math.floor((i % 8) / 2)).toFixed(6),
);
const gathered = (axis: string): string =>
  `c = Gather(stored, positions); cos = Unsqueeze(c, ${axis}); s1 = Gather(stored, positions); s = Mul(s1, down)
   sin = Unsqueeze(s, ${axis}); down = float32[] {0.5}`;
const neighbours = `early = Slice(x4, first, end, three, two); late = Slice(x4, one, end, three, two); minus = Neg(late)
  last = int64[1] {-1}; n1 = Unsqueeze(minus, last); n2 = Unsqueeze(early, last); n = Concat(n1, n2) {axis: -1}
  t = Reshape(n, back)`;

const forms: Readonly<Record<string, Forms>> = {
  'angles of each sequence': {},
  'angles that all sequences share': {
    more: 'zero = int64[] {0}; unit = int64[] {1}',
    tables: `shape = Shape(x); n = Gather(shape, unit); range = Range(zero, n, unit); row = Unsqueeze(range, first)
      at = Cast(row) {to: 1}; at1 = Unsqueeze(at, two); angle = Mul(at1, speeds); both = Concat(angle, angle) {axis: -1}
      c = Cos(both); s = Sin(both); c1 = Mul(c, strength); cos = Unsqueeze(c1, one); sin = Unsqueeze(s, one)
      strength = float32[] {1.1}`,
  },
  'angles from a stored table': {
    more: `stored = float32[16, 8] {${table.join(', ')}}`,
    tables: gathered('one'),
  },
  'halves by Split': {
    turn: 'early, late = Split(x4) {axis: 3}; minus = Neg(late); t = Concat(minus, early) {axis: 3}',
  },
  'heads that are not split here': {
    heads: 'x4 = Identity(h)',
    more: 'h: float32[B, 4, S, 8]',
  },
  'part of the width': {
    more: 'h: float32[B, 4, S, 12]; zero8 = int64[1] {8}',
    heads: 'x4 = Slice(h, first, zero8, three, one)',
  },
  neighbours: {
    more: `stored = float32[16, 8] {${pairTable.join(', ')}}; back = int64[4] {0, 0, 0, 8}`,
    tables: gathered('one'),
    turn: neighbours,
  },
  'neighbours before the heads are turned': {
    more: `stored = float32[16, 8] {${pairTable.join(', ')}}; back = int64[4] {0, 0, 0, 8}`,
    tables: gathered('two'),
    heads: 'x4 = Reshape(x, split)',
    turn: neighbours,
    output: '-> y: float32[B, S, 4, 8]',
  },
};

describe('rotary embeddings become one operator', () => {
  test.each(Object.entries(forms))('%s', async (_name, form) => {
    const result = await fused(await context(), rotary, text(form));
    expect(result.skipped).toEqual([]);
    expect(result.ops).toContain('RotaryEmbedding');
    expect(result.ops).not.toContain('Neg');
    expect(result.error).toBeLessThanOrEqual(1e-5);
  });
});

test('queries and keys share their tables; the heads are split behind the operator', async () => {
  const both = text({
    output: `z2 = Reshape(x, split); z4 = Transpose(z2) {perm: [0, 2, 1, 3]}
      e = Slice(z4, first, four, three, one); l = Slice(z4, four, end, three, one); m = Neg(l); t2 = Concat(m, e) {axis: -1}
      a2 = Mul(z4, cos); b2 = Mul(t2, sin); z = Add(a2, b2)
      -> y: float32[B, 4, S, 8], z: float32[B, 4, S, 8]`,
  });
  const { model: after, error } = await fused(await context(), rotary, both);
  const nodes = after.graph.nodes.filter(({ op }) => op === 'RotaryEmbedding');
  expect(nodes).toHaveLength(2);
  expect(nodes[0]?.inputs).toEqual(nodes[1]?.inputs);
  expect(nodes[0]?.inputs[0]).toBe('x');
  expect(error).toBeLessThanOrEqual(1e-5);
});

const misses: Readonly<Record<string, readonly [Forms, RegExp]>> = {
  'other halves': [
    {
      turn: 'early = Slice(x4, first, four, three, one); late = Slice(x4, four, end, three, one); minus = Neg(early); t = Concat(minus, late) {axis: -1}',
    },
    /not the halves/,
  ],
  'angles that differ in the halves': [
    {
      tables: `at = Cast(positions) {to: 1}; at1 = Unsqueeze(at, two); angle = Mul(at1, speeds); other = Neg(angle)
        both = Concat(angle, other) {axis: -1}; c = Cos(both); s = Sin(both); cos = Unsqueeze(c, one); sin = Unsqueeze(s, one)`,
    },
    /every angle twice/,
  ],
  'a table whose halves differ': [
    { more: `stored = float32[16, 8] {${pairTable.join(', ')}}`, tables: gathered('one') },
    /every angle twice/,
  ],
  'tables of another batch': [
    { more: 'cos: float32[M, 1, S, 8]; sin: float32[M, 1, S, 8]', tables: '' },
    /one table, or one a batch/,
  ],
  'one angle for all positions': [
    { more: 'cos: float32[1, 1, 1, 8]; sin: float32[1, 1, 1, 8]', tables: '' },
    /one line a position/,
  ],
  'a half that is used elsewhere': [{ output: '-> y: float32[B, 4, S, 8], t: float32[B, 4, S, 8]' }, /RotaryEmbedding/],
};
test.each(Object.entries(misses))('a near miss says why: %s', async (_name, [form, reason]) => {
  expect(await reasons(await context(), rotary, text(form))).toMatch(reason);
});

test('refuses where there is nothing to find', () => {
  const options = parseOptions(rotary.id, rotary.options);
  expect(rotary.check(model('x: float32[2]; y = Relu(x); -> y: float32[2]'), options)?.reason).toMatch(/no Neg/);
});
