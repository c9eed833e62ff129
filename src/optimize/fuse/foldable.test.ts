import { expect, test } from 'vitest';
import { parseText } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { findFoldable, planFolding } from './foldable.ts';

const weights = (count: number) => ({ tensors: { w: tensor('float32', [count], new Float32Array(count)) } });

test('follows constants forward, and stops at inputs', () => {
  const { nodes } = findFoldable(
    parseText('w = float32[2] {1, 2}; a = Neg(w); b = Abs(a); c = Add(b, x); y = Relu(c)'),
  );
  expect(nodes.map((node) => node.outputs[0])).toEqual(['a', 'b']);
});

test('folds only what others need', () => {
  const { folds } = planFolding(parseText('w = float32[2] {1, 2}; a = Neg(w); b = Abs(a); y = Add(b, x)'), 0);
  expect(folds.map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual([['b', 8]]);
});

test('what would make the file larger stays, and its inputs are folded instead', () => {
  const text = 'w = float32[8] {...}; n = int64[1] {500}; a = Neg(w); c = Add(a, a); t = Tile(c, n); y = Add(t, x)';
  const small = planFolding(parseText(text, weights(8)), 1000);
  expect(small.folds.map(({ name }) => name)).toEqual(['c']);
  expect(small.skipped).toEqual([{ reason: expect.stringContaining('bytes larger'), nodes: ['t'] }]);
  expect(planFolding(parseText(text, weights(8)), 20_000).folds.map(({ name }) => name)).toEqual(['t']);
});

test('a weight in a Constant node is saved as well', () => {
  const values = Array.from({ length: 40 }, () => '1.0').join(', ');
  const text = `w = Constant() {value_floats: [${values}]}; a = Neg(w); y = Add(a, x)`;
  expect(planFolding(parseText(text), 0).folds).toHaveLength(1);
  expect(planFolding(parseText(`${text}; z = Add(w, x)`), 0).folds).toHaveLength(0);
});

test('a weight that others use as well is no saving', () => {
  const once = 'w = float32[1000] {...}; a = Neg(w); y = Add(a, x)';
  expect(planFolding(parseText(once, weights(1000)), 0).folds).toHaveLength(1);
  const twice = `${once}; z = Add(w, x)`;
  expect(planFolding(parseText(twice, weights(1000)), 0).folds).toHaveLength(0);
});

test('says why an operator with constant inputs stays', () => {
  const reasons = (text: string): readonly string[] =>
    planFolding(parseText(text), 0).skipped.map(({ reason }) => reason);
  expect(reasons('a = RandomNormal() {shape: [2]}; y = Add(a, x)')).toEqual(['it is random']);
  expect(reasons('q = int8[2] {1, 2}; s = float32[] {0.5}; a = DequantizeLinear(q, s); y = Add(a, x)')).toEqual([
    expect.stringContaining('quantized weights'),
  ]);
  expect(reasons('w = float32[2] {1, 2}; a = com.microsoft.Strange(w); y = Add(a, x)')).toEqual([
    expect.stringContaining('not known before it runs'),
  ]);
  expect(reasons('w = float32[2] {1, 2}; a = my.Strange(w); y = Add(a, x)')).toEqual([
    'operators of my may keep state',
  ]);
  expect(reasons('w = float32[2] {1, 2}; y = Neg(w); z = Relu(x)')).toEqual([
    expect.stringContaining('output of its graph'),
  ]);
  expect(reasons('s = int64[2] {100000, 100000}; a = ConstantOfShape(s); y = Add(a, x)')).toEqual([
    expect.stringContaining('2 GB'),
  ]);
});

test('an overridable weight is no constant', () => {
  expect(
    findFoldable(parseText('x: float32; w: float32[1]; w = float32[1] {1}; a = Neg(w); y = Add(a, x)')).nodes,
  ).toEqual([]);
});

test('fixed shapes tell sizes', () => {
  const { folds } = planFolding(
    parseText(
      'x: float32[B, 4, 8]; one = int64[] {1}; s = Shape(x); n = Gather(s, one); y = Range(n, n, one); z = Relu(x)',
    ),
    0,
  );
  expect(folds).toEqual([]);
  const plan = planFolding(
    parseText('x: float32[B, 4, 8]; one = int64[1] {1}; s = Shape(x); n = Gather(s, one); y = Expand(x, n)'),
    0,
  );
  expect(plan.folds.map(({ name, tensor: told }) => [name, told?.dtype])).toEqual([['n', 'int64']]);
});
