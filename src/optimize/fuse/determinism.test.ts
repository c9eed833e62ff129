import { expect, test } from 'vitest';
import { parseText } from '../../model/graph/index.ts';
import { mayVary } from './determinism.ts';

const reason = (text: string): string | null => mayVary(parseText(text).graph.nodes[0] ?? expect.fail('no node'));

test('random, stateful and controlling operators may vary, others do not', () => {
  expect(reason('y = RandomNormal() {shape: [2]}')).toBe('it is random');
  expect(reason('y = Dropout(x, r, t)')).toBe('it is random in training mode');
  expect(reason('y = my.Thing(x)')).toBe('operators of my may keep state');
  expect(reason('y = If(c) {then_branch: graph "t" { a = Neg(x) }}')).toBe('it is control flow');
  for (const text of ['y = Dropout(x)', 'y = Dropout(x, r, _)', 'y = Add(x, x)', 'y = com.microsoft.Gelu(x)'])
    expect(reason(text)).toBeNull();
});
