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
