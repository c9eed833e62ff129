import { expect, test } from 'vitest';
import type { Model } from '../../../contracts/index.ts';
import { viewOf } from '../../anatomy/walk.ts';
import { model } from '../../testing/quantized.ts';
import { spreadFrom, stuckAt } from './spread.ts';

const identity = (size: number): Int32Array => Int32Array.from({ length: size }, (_, i) => i);
const from = (subject: Model, value: string, axis: number, size: number) =>
  spreadFrom(viewOf(subject), [{ value, axis, units: identity(size) }]);
const reason = (subject: Model, value: string, axis: number, size: number): string => {
  const found = from(subject, value, axis, size);
  return 'reason' in found ? stuckAt(found) : '';
};

test('from one value to everything that goes with it', () => {
  const found = from(
    model(`x: float32[N, 3]
      w = float32[3, 4] {...}; b = float32[4] {...}; v = float32[4, 2] {...}
      h = MatMul(x, w); a = Add(h, b); r = Relu(a); y = MatMul(r, v)
      -> y: float32[N, 2]`),
    'r',
    1,
    4,
  );
  if ('reason' in found) throw new Error(found.reason);
  expect(found.count).toBe(4);
  expect([...found.values.keys()].toSorted()).toEqual(['a', 'h', 'r']);
  expect(found.cuts.map(({ node, input, axis }) => [node.outputs[0], input, axis]).toSorted()).toEqual([
    ['a', 1, 0],
    ['h', 1, 1],
    ['y', 1, 0],
  ]);
  expect(found.consumers.map(({ node }) => node.outputs[0])).toEqual(['y']);
  expect(found.producers.map(({ node }) => node.outputs[0])).toEqual(['h']);
  expect(found.nodes.map(({ op }) => op)).toEqual(['MatMul', 'Add', 'Relu', 'MatMul']);
  expect(found.restated).toBe(false);
});

test('stops with a reason at inputs, outputs, bodies, unknown operators and contradictions', () => {
  expect(
    reason(model('x: float32[N, 4]; y0 = Relu(x); w = float32[4, 2] {...}; y = MatMul(y0, w)'), 'y0', 1, 4),
  ).toContain('input x');
  const made = 'x: float32[N, 3]; w = float32[3, 4] {...}; h = MatMul(x, w)';
  expect(reason(model(`${made}; y = Relu(h)\n-> y: float32[N, 4]`), 'h', 1, 4)).toContain('output y');
  expect(reason(model(`${made}; y = NonZero(h)\n-> y: int64[2, M]`), 'h', 1, 4)).toBe(
    'what NonZero makes of them is not known (at y)',
  );
  expect(
    reason(model(`${made}; r = ReduceMax(h) {axes: [1]}; y = Identity(r)\n-> y: float32[N, 1]`), 'h', 1, 4),
  ).toContain('ReduceMax runs over');
  // Both axes of one product would go.
  expect(
    reason(
      model(`${made}; t = Transpose(h) {perm: [1, 0]}; g = MatMul(t, h); y = ReduceSum(g)\n-> y: float32[1, 1]`),
      'h',
      1,
      4,
    ),
  ).toContain('two axes of g');
  // Turned around and added to itself, every place belongs to two units.
  const turned = `${made}; i2 = int64[2] {2, 2}; p, q = Split(h, i2) {axis: 1}; t = Concat(q, p) {axis: 1}; s = Add(h, t); v = float32[4, 1] {...}; y = MatMul(s, v)\n-> y: float32[N, 1]`;
  expect(reason(model(turned), 'h', 1, 4)).toContain('in two ways');
  const body = `flag: bool[]; ${made}; r = Relu(h); y = If(flag) { then_branch: graph "a" { t = ReduceSum(r); -> t: float32[1, 1] }, else_branch: graph "b" { e = ReduceMax(r); -> e: float32[1, 1] } }\n-> y: float32[1, 1]`;
  expect(reason(model(body), 'h', 1, 4)).toContain('a body of If');
});

test('a size that is not known is no seed', () => {
  const found = from(model('x: float32[N, M]; y = Relu(x)'), 'x', 1, 4);
  expect('reason' in found && found.reason).toContain('not certain');
});
