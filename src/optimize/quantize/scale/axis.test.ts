import { expect, test } from 'vitest';
import { edit } from '../../../model/graph/index.ts';
import { toFloat32 } from '../../../model/tensor/index.ts';
import { context, model } from '../../testing/quantized.ts';
import { inverse, largest, largestOf, multiply, scaled } from './axis.ts';

test('factors and sizes along each axis', () => {
  const values = Float32Array.of(1, -2, 3, 4, 5, -6);
  expect([...scaled(values, [2, 3], 0, Float32Array.of(1, 10))]).toEqual([1, -2, 3, 40, 50, -60]);
  expect([...scaled(values, [2, 3], 1, Float32Array.of(1, 10, 100))]).toEqual([1, -20, 300, 4, 50, -600]);
  expect([...largest(values, [2, 3], 0)]).toEqual([3, 6]);
  expect([...largest(values, [2, 3], 1)]).toEqual([4, 5, 6]);
  expect(largest(Float32Array.of(1, Number.NaN, 2), [1, 3], 0)[0]).toBeNaN();
  expect([...inverse(Float32Array.of(4, 0.5))]).toEqual([0.25, 2]);
});

test('a node gets a weight of its own, step after step; calls with one memory share', async () => {
  const world = await context();
  const draft = edit(
    model(
      'x: float32[N, 2]; w = float32[2, 2]{1.0, 2.0, 3.0, 4.0}; a = MatMul(x, w); b = MatMul(x, w); c = MatMul(x, w); -> a: float32[N, 2], b: float32[N, 2], c: float32[N, 2]',
    ),
  );
  const made = new Map<string, string>();
  const of = (output: string) => ({ output, position: 1, axis: 0 });
  for (const output of ['a', 'b']) await multiply(draft, of(output), Float32Array.of(2, 10), world, 'scaled', made);
  await multiply(draft, of('a'), Float32Array.of(0.5, 1), world, 'scaled');
  const weight = async (output: string) => {
    const name = draft.producer(output)!.inputs[1]!;
    return [...toFloat32('float32', await world.bytes(draft.constant(name)!))];
  };
  expect(await weight('a')).toEqual([1, 2, 30, 40]);
  expect(await weight('b')).toEqual([2, 4, 30, 40]);
  expect(await weight('c')).toEqual([1, 2, 3, 4]);
  expect([...(await largestOf(draft, of('a'), world))]).toEqual([2, 40]);
  expect(draft.done().model.graph.initializers.size).toBe(3);
});
