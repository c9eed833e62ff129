import { expect, test } from 'vitest';
import type { Model, ValueInfo } from '../../contracts/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { context, model, run } from '../testing/quantized.ts';
import { emitter, extend } from '../writing/emit.ts';
import { route } from './route.ts';

/** Early answer: 10 · x; late: x · w + k · x², sure: the first column. */
const routed = (): Model => {
  const subject = model('x: float32[N, 2]; s: float32[N]; k: float32[]; ten = float32[] {10.0}; early = Mul(x, ten)');
  const output: ValueInfo = { name: 'y', type: { kind: 'tensor', dtype: 'float32', dims: ['N', 2] } };
  const to = emitter(subject);
  const threshold = to.add('limit', tensor('float32', [], Float32Array.of(0.5)));
  const node = (op: string, inputs: string[], result: string) => ({
    name: '',
    op,
    domain: '',
    inputs,
    outputs: [result],
    attributes: {},
  });
  const branch = route(
    to,
    { scores: 'early', sureness: 's', threshold, output },
    {
      nodes: [
        node('Mul', ['in', 'in'], 'square'),
        node('Mul', ['square', 'k'], 'scaled'),
        node('Add', ['in', 'w'], 'moved'),
        node('Add', ['scaled', 'moved'], 'late'),
      ],
      initializers: new Map([['w', tensor('float32', [], Float32Array.of(1))]]),
      scores: 'late',
      gathered: new Map([['x', 'in']]),
    },
  );
  const { graph, ...rest } = extend(subject, to);
  return { ...rest, graph: { ...graph, nodes: [...graph.nodes, branch], outputs: [output] } };
};

test.each([
  ['some', [0.9, 0.1, 0.5, Number.NaN], [10, 20, 2 * 9 + 4, 2 * 16 + 5, 50, 60, 2 * 49 + 8, 2 * 64 + 9]],
  ['none', [1, 1, 1, 1], [10, 20, 30, 40, 50, 60, 70, 80]],
  ['all', [0, 0, 0, 0], [4, 11, 22, 37, 56, 79, 106, 137]],
])('%s unsure: only those go on', async (_, sure, expected) => {
  const subject = routed();
  expect(checkModel(subject)).toEqual([]);
  const { y } = await run(await context(), subject, {
    x: { dtype: 'float32', dims: [4, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
    s: { dtype: 'float32', dims: [4], data: Float32Array.from(sure) },
    k: { dtype: 'float32', dims: [], data: Float32Array.of(2) },
  });
  expect([...(y!.data as Float32Array)]).toEqual(expected);
  expect(y!.dims).toEqual([4, 2]);
});
