import { expect, test } from 'vitest';
import { attentionText, viewOf } from '../../testing/attention.ts';
import type { Pieces } from '../../testing/attention.ts';
import { context, model } from '../../testing/quantized.ts';
import { attentionAt, isTrianglePart, nameOf, onlyUse } from './scores.ts';

const at = async (pieces: Pieces) => {
  const view = viewOf(model(attentionText(pieces)));
  const softmax = view.draft.nodes().find(({ op }) => op === 'Softmax');
  if (!softmax) return expect.fail('no Softmax');
  return attentionAt(view, softmax, await context());
};

test('scale, terms and heads of an attention', async () => {
  const found = await at({ more: 'mask: float32[B, 1, S, S]', mask: 's1 = Div(s0, root); score = Add(mask, s1)' });
  if (!found || !('attention' in found)) return expect.fail('not found');
  const { attention } = found;
  expect(attention.scale).toBeCloseTo(1 / Math.sqrt(8), 6);
  expect(attention.terms).toEqual([{ kind: 'value', name: 'mask' }]);
  expect([attention.query.flat, attention.key.flat, attention.value.flat]).toEqual(['q1', 'k1', 'v1']);
  expect(attention.inner.toSorted()).toEqual(['p', 's0', 's1', 'score']);
  expect(nameOf(attention)).toBe('p');
});

test('scales multiply', async () => {
  const found = await at({ mask: 's1 = Mul(half, s0); score = Mul(s1, half)' });
  expect(found && 'attention' in found && found.attention.scale).toBeCloseTo(0.5946035 ** 2, 5);
});

test.each([
  ['zero', 'nought'],
  ['negative', 'low'],
])('a scale that is %s is refused', async (_name, by) => {
  expect(await at({ mask: `score = Mul(s0, ${by})` })).toMatchObject({
    reason: expect.stringMatching(/scaled by/) as string,
  });
});

test('a guard that replaces NaN by another number is no guard', async () => {
  const softmax = 'p0 = Softmax(score) {axis: -1}; bad = IsNaN(p0); p = Where(bad, unit, p0)';
  expect(await at({ softmax })).toBeNull();
});

test('a value with one user, apart from shapes', () => {
  const view = viewOf(
    model(
      'x: float32[2]; a = Relu(x); s = Shape(a); y = Neg(a); z = Abs(x); w = Neg(x); -> y: float32[2], s: int64[1], z: float32[2], w: float32[2]',
    ),
  );
  expect(onlyUse(view, 'a')?.op).toBe('Neg');
  expect(onlyUse(view, 'y')).toBeNull();
  expect(onlyUse(view, 'x')).toBeNull();
});

test('only ones on and below the diagonal are a triangle', async () => {
  const view = viewOf(
    model(`x: float32[1, 1, 2, 2]; good = float32[1, 1, 2, 2] {1.0, 0.0, 1.0, 1.0}; bad = float32[1, 1, 2, 2] {1.0, 0.0, 0.0, 1.0}
      a = Mul(x, good); y = Mul(a, bad); -> y: float32[1, 1, 2, 2]`),
  );
  expect(await isTrianglePart(view, 'good', await context())).toBe(true);
  expect(await isTrianglePart(view, 'bad', await context())).toBe(false);
  expect(await isTrianglePart(view, 'x', await context())).toBe(false);
});
