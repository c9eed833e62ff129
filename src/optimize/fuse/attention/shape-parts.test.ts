import { expect, test } from 'vitest';
import { edit } from '../../../model/graph/index.ts';
import { context, input, model, run } from '../../testing/quantized.ts';
import { partOf, rewireShapes, shapeValue } from './shape-parts.ts';

test('a shape of numbers is a constant', () => {
  const draft = edit(model('x: float32[B, 4]; y = Relu(x); -> y: float32[B, 4]'));
  expect(draft.constant(shapeValue(draft, [1, partOf(4, 'x', 1)], 'shape'))?.dims).toEqual([2]);
  expect(draft.nodes()).toHaveLength(1);
});

test('sizes that are open are asked at run time, and added where wanted', async () => {
  const subject = model(
    'x: float32[B, 4]; p: float32[P, 4]; shape: int64[3]; y = Expand(x, shape); z = Neg(p); -> y: float32[N, B, 4], z: float32[P, 4]',
  );
  const draft = edit(subject);
  const name = shapeValue(draft, [2, { plus: [partOf('B', 'x', 0), { of: 'p', axis: 0 }] }, 4], 'sizes');
  const draftNode = draft.nodes().find(({ op }) => op === 'Neg');
  if (!draftNode) return expect.fail('no node');
  draft.replace(draftNode, [{ op: 'ConstantOfShape', inputs: [name], outputs: ['z'] }], 'a test');
  const world = await context();
  const shape = { dtype: 'int64', dims: [3], data: BigInt64Array.of(1n, 3n, 4n) } as const;
  const { model: after } = draft.done();
  const stated = {
    ...after,
    graph: {
      ...after.graph,
      outputs: after.graph.outputs.map((one) => ({ ...one, type: one.name === 'z' ? null : one.type })),
    },
  };
  const { z } = await run(world, stated, { x: input([3, 4], 'x'), p: input([5, 4], 'p'), shape });
  expect(z?.dims).toEqual([2, 8, 4]);
});

test('shapes of a value that disappears are asked of values that stay', () => {
  const draft = edit(
    model('x: float32[B, 4]; a = Relu(x); s = Shape(a) {start: 1}; y = Neg(a); -> y: float32[B, 4], s: int64[1]'),
  );
  rewireShapes(draft, 'a', [{ of: 'x', axis: 0 }, 4]);
  expect(draft.producer('s')?.op).toBe('Concat');
  expect(draft.producer('s')?.inputs).toHaveLength(1);
  expect(draft.consumers('a').map(({ op }) => op)).toEqual(['Neg']);
});
