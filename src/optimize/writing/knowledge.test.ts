import { expect, test } from 'vitest';
import { parseText } from '../../model/graph/index.ts';
import { emitter } from './emit.ts';
import { knowledgeOf } from './knowledge.ts';

test('learns from nodes that are written behind a model, and knows their constants', () => {
  const model = parseText(
    'x: float32[N, 4]; k = int64[2] {0, -1}; y = Custom(x); c = Constant() {value: float32[1] {2}}; -> y: float32',
  );
  const to = emitter(model);
  const known = knowledgeOf(model, to);
  expect(known.fact('y')?.dims ?? null).toBeNull();
  expect(known.constant('k')?.dims).toEqual([2]);
  expect(known.constant('c')?.dtype).toBe('float32');
  expect(known.constant('x')).toBeNull();
  const turned = to.emit('Transpose', ['x']);
  expect(known.fact(turned)).toBeNull();
  known.learn(to.nodes.at(-1)!);
  expect(known.fact(turned)?.dims).toEqual([4, 'N']);
  const five = to.integers([5]);
  expect(known.fact(five)?.data).toEqual([5]);
  expect(known.constant(five)?.dims).toEqual([1]);
  // What is stated stays.
  known.learn({ name: '', op: 'Transpose', domain: '', inputs: ['x'], outputs: ['x'], attributes: {} });
  expect(known.fact('x')?.dims).toEqual(['N', 4]);
});

test('sizes that nothing tells have names, so that values of the same origin are alike', () => {
  const model = parseText(
    `x: float32[N, 4]; i: int64[?]; g = Gather(x, i); a = Tanh(g); j = Neg(i); h = Gather(x, j); s = Shape(a); y = Add(a, h); -> y: float32`,
  );
  const known = knowledgeOf(model, emitter(model));
  const [size, width] = known.fact('g')!.dims!;
  expect(size).toEqual(expect.any(String));
  expect(width).toBe(4);
  expect(known.fact('a')!.dims).toEqual([size, 4]);
  expect(known.fact('s')!.data).toEqual([size, 4]);
  expect(known.fact('x')!.dims).toEqual(['N', 4]);
});
