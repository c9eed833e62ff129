import { expect, test } from 'vitest';
import { model } from '../testing/quantized.ts';
import { copies, isMicrosoft, isOp, lastOf, rootOf, usersBehind, usersOf, viewOf } from './walk.ts';

const view = viewOf(
  model(`x: float32[B, S, 8]
    two = int64[2] {-1, 8}; apart = int64[4] {0, 0, 2, 4}
    a = Identity(x); b = Dropout(a); c = Reshape(b, two); d = Reshape(b, apart); n = Shape(b)
    e = Relu(c); f = com.microsoft.Gelu(c)
    -> d, e, f, n`),
);

test('what only hands on leads back to the first value, and forth to all users', () => {
  expect(rootOf(view, 'c')).toBe('x');
  expect(rootOf(view, 'd')).toBe('d');
  expect(rootOf(view, 'e')).toBe('e');
  expect(usersBehind(view, 'x').map(({ node }) => node.outputs[0])).toEqual(['e', 'f', 'd']);
  expect(usersOf(view, 'b').map(({ op }) => op)).toEqual(['Reshape', 'Reshape']);
  expect(copies(view, view.draft.producer('c')!)).toBe(true);
  expect(copies(view, view.draft.producer('d')!)).toBe(false);
});

test('names of operators belong to a domain', () => {
  const [relu, gelu] = [view.draft.producer('e'), view.draft.producer('f')];
  expect([isOp(relu, 'Relu', 'Tanh'), isOp(gelu, 'Gelu'), isMicrosoft(gelu, 'Gelu'), isOp(null, 'Relu')]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect([lastOf(view, 'd'), lastOf(view, 'nothing')]).toEqual([4, null]);
});
