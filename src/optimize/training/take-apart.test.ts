import { expect, test } from 'vitest';
import { parseText } from '../../model/graph/index.ts';
import { emitter } from '../writing/emit.ts';
import { knowledgeOf } from '../writing/knowledge.ts';
import { checkOpset, placeOf, takeApart } from './take-apart.ts';

const model = parseText(
  'x: float32[N, 4]; u: float32; y, z, m, _ = Custom(x, u) as "fused"; -> y: float32[N, 4], z: float32[4, N]',
);
const [node] = model.graph.nodes;

test('parts carry the names of the outputs, and what passes through or is not made is told', () => {
  const to = emitter(model);
  const known = knowledgeOf(model, to);
  const parts = takeApart(
    node!,
    (at) => {
      const inner = at.to.emit('Neg', [at.input(0)]);
      return [inner, at.input(0), '', at.to.emit('Abs', [inner])];
    },
    to,
    known,
  );
  expect(parts.nodes.map(({ op, inputs, outputs }) => [op, inputs, outputs])).toEqual([
    ['Neg', ['x'], ['y']],
    ['Abs', ['y'], [expect.any(String)]],
    ['Identity', ['x'], ['z']],
  ]);
  expect(parts.unmade).toEqual(['m']);
  expect(to.nodes).toEqual([]);
});

test('a place names its node in errors', () => {
  const to = emitter(model);
  const at = placeOf(node!, to, knowledgeOf(model, to));
  expect(at.rank('x')).toBe(2);
  expect(() => at.rank('u')).toThrow(
    expect.objectContaining({ code: 'training/rank', message: expect.stringContaining('fused') }),
  );
  expect(() => at.refuse('is odd')).toThrow('fused (Custom) is odd');
  expect(at.integers(0)).toBeNull();
  expect(() => checkOpset(12)).toThrow(expect.objectContaining({ code: 'training/opset' }));
  expect(() => checkOpset(13)).not.toThrow();
});
