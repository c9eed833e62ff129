import { expect, test } from 'vitest';
import { outerOf } from './outer.ts';
import { parseText } from './text/parse.ts';

const model = parseText(
  'x: float32[2, N]; w: float32[1]; w = float32[1] {5.0}; v = float32[3] {1.0, 2.0, 3.0}; c = Constant() {value_int: 7}; h = Neg(x); y = Add(h, w)',
);

test('constants of a graph, but none that callers may override', () => {
  const outer = outerOf(model);
  expect(outer.constant('v')?.dims).toEqual([3]);
  expect(outer.constant('c')?.dtype).toBe('int64');
  for (const name of ['w', 'x', 'h', 'nothing']) expect(outer.constant(name)).toBeNull();
});

test('types and sizes of its values', () => {
  const outer = outerOf(model);
  expect(outer.fact('h')).toEqual({ dtype: 'float32', dims: [2, 'N'] });
  expect(outer.fact('c')?.data).toEqual([7]);
  expect(outer.fact('nothing')).toBeNull();
});

test('a name that is not its own is asked of the graph around; an own name hides that', () => {
  const body = parseText('v: float32[4]; z = Neg(v); u = Neg(h)');
  const own = { ...body.graph, inputs: body.graph.inputs.filter((one) => one.name !== 'h') };
  const inner = outerOf({ ...body, graph: own }, { body: true, outer: outerOf(model) });
  expect(inner.fact('x')?.dims).toEqual([2, 'N']);
  expect(inner.fact('u')).toEqual({ dtype: 'float32', dims: [2, 'N'] });
  expect(inner.constant('c')?.dtype).toBe('int64');
  expect(inner.constant('v')).toBeNull();
  expect(inner.fact('v')).toEqual({ dtype: 'float32', dims: null });
});
