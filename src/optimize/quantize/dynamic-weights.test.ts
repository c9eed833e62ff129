import { expect, test } from 'vitest';
import { edit, editEach, graphsOf } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { model } from '../testing/quantized.ts';
import { activationsOf, createPool, described, largestInner, shifted } from './dynamic-weights.ts';

const scalar = (value: number) => tensor('float32', [], Float32Array.of(value));
const made = (value: number) => ({ codes: scalar(value), scale: scalar(value), zeroPoint: scalar(value) });

test('a weight that bodies and the main graph use is made once and lies in the main graph', async () => {
  const before = model(
    'x: float32[2]; p: bool[]; w = float32[2]{...}; y = If(p) {then_branch: graph "t" { t = Mul(x, w) }, else_branch: graph "e" { e = Mul(x, w) }}; z = Mul(x, w)',
  );
  const weight = { name: 'w', tensor: before.graph.initializers.get('w')!, layout: 'plain' };
  const pool = createPool((one) => Promise.resolve(one));
  let times = 0;
  const { model: after } = await editEach(before, async (draft) => {
    const main = draft.model.graph.name === 'graph';
    if (main) pool.deliver(draft);
    for (const node of draft.nodes().filter(({ op }) => op === 'Mul')) {
      const form = await pool.store(draft, main, weight, () => Promise.resolve(made(++times)));
      draft.replace(node, [{ op: 'Mul', inputs: ['x', form!.codes], outputs: node.outputs }], 'use the quantized form');
    }
  });
  expect(times).toBe(1);
  expect([...after.graph.initializers.keys()]).toEqual(['w_quantized_1']);
  const used = graphsOf(after).flatMap(({ nodes }) =>
    nodes.filter(({ op }) => op === 'Mul').map(({ inputs }) => inputs[1]),
  );
  expect(used).toEqual(['w_quantized_1', 'w_quantized_1', 'w_quantized_1']);
});

test('what could not be made is not asked for again, other layouts are', async () => {
  const before = model('x: float32[2]; w = float32[2]{...}; y = Mul(x, w)');
  const draft = edit(before);
  const pool = createPool((one) => Promise.resolve(one));
  const weight = { name: 'w', tensor: before.graph.initializers.get('w')!, layout: 'a' };
  const asked: string[] = [];
  const ask = (layout: string, result: number | null) =>
    pool.store(draft, true, { ...weight, layout }, () => {
      asked.push(layout);
      return Promise.resolve(result === null ? null : made(result));
    });
  expect(await ask('a', null)).toBeNull();
  expect(await ask('a', 1)).toBeNull();
  expect(await ask('b', 2)).toEqual({ codes: 'w_quantized', scale: 'w_scale', zeroPoint: 'w_zero_point' });
  expect(asked).toEqual(['a', 'b']);
});

test('an input is quantized once a graph', () => {
  const draft = edit(model('y = Relu(x); z = Neg(y)'));
  const activation = activationsOf(draft);
  expect(activation('y', 'first')).toEqual(activation('y', 'second'));
  expect(
    draft
      .nodes()
      .filter(({ op }) => op === 'DynamicQuantizeLinear')
      .map(({ name }) => name),
  ).toEqual(['first_input_quantize']);
});

test('arithmetic and words', () => {
  expect([...shifted(Int8Array.of(-128, -1, 0, 1, 127))]).toEqual([0, 127, 128, 129, 255]);
  expect(largestInner(127) * 255 * 127).toBeLessThan(2 ** 31);
  expect((largestInner(127) + 1) * 255 * 127).toBeGreaterThanOrEqual(2 ** 31);
  expect(described({ type: 'int8', perChannel: true, bits: 7 })).toBe('7-bit int8 weights, one scale per channel');
});
