import { expect, test } from 'vitest';
import { context, model, run } from '../testing/quantized.ts';
import { pairOf, type Pair } from './pair.ts';

const one = model(
  'x: float32[N, 2]; w = float32[2, 2] {1.0, 0.0, 0.0, 1.0}; h = MatMul(x, w); y = Relu(h)\n-> y: float32[N, 2]',
);
const two = model(
  'x: float32[N, 2]; w = float32[2, 2] {2.0, 0.0, 0.0, 2.0}; h = MatMul(x, w); y = Neg(h)\n-> y: float32[N, 2]',
);

test('both compute what they did, from the same inputs', async () => {
  const { model: both, original } = pairOf(one, two) as Pair;
  expect([original('x'), original('h'), original('')]).toEqual(['x', 'steelyard_original/h', '']);
  const { graph } = both;
  const wide = { ...both, graph: { ...graph, outputs: [...graph.outputs, { name: original('y'), type: null }] } };
  const outputs = await run(await context(), wide, {
    x: { dtype: 'float32', dims: [1, 2], data: Float32Array.of(1, -3) },
  });
  expect([...(outputs['y']!.data as Float32Array)]).toEqual([1, 0]);
  expect([...(outputs[original('y')]!.data as Float32Array)]).toEqual([-2, 6]);
});

test('what does not fit into one graph', () => {
  expect(pairOf(one, model('z: float32[N, 2]; y = Relu(z)'))).toContain('reads z');
  expect(pairOf(one, model('opset 11; x: float32[N, 2]; y = Relu(x)'))).toContain(
    'different versions of the operator set ai.onnx',
  );
  const body = model(
    'c: bool[]; x: float32[N, 2]; y = If(c) { then_branch: graph "a" { t = Neg(x); -> t: float32[N, 2] }, else_branch: graph "b" { e = Abs(x); -> e: float32[N, 2] } }',
  );
  expect(pairOf(body, body)).toContain('bodies');
});
