import { expect, test } from 'vitest';
import type { Value } from '../../../contracts/index.ts';
import { parseText } from '../../../model/graph/index.ts';
import { checkModel } from '../../../model/onnx/index.ts';
import { emitter, extend } from '../../writing/emit.ts';
import { evaluate } from '../testing/differences.ts';
import { scan } from './scan.ts';

const value = (dims: number[], ...data: number[]): Value => ({ dtype: 'float32', dims, data: Float32Array.from(data) });

test.each([
  [false, [10, 21, 33], [0, 10, 21]],
  [true, [33, 23, 12], [23, 12, 0]],
])('running sums with a value of the graph around (backwards: %s)', async (backwards, after, before) => {
  const model = parseText('x: float32[3, 1]; k: float32[1]; s: float32[1]; n = Neg(x); -> n: float32[3, 1]');
  const to = emitter(model);
  const { states, kept } = scan(to, {
    states: ['s'],
    items: [{ value: 'x', dtype: 'float32' }],
    backwards,
    dtype: 'float32',
    step: (inner, [state], [item]) => {
      const next = inner.emit('Add', [state!, inner.emit('Add', [item!, 'k'])]);
      return { states: [next], kept: [next, state!] };
    },
  });
  const all = extend(model, to);
  const outputs = [...states, ...kept].map(
    (name) => ({ name, type: { kind: 'tensor', dtype: 'float32', dims: null } }) as const,
  );
  const whole = { ...all, graph: { ...all.graph, outputs } };
  expect(checkModel(whole)).toEqual([]);
  const answers = await (await evaluate(whole))({ x: value([3, 1], 0, 1, 2), k: value([1], 10), s: value([1], 0) });
  const list = (name: string): number[] => [...(answers[name]!.data as Float32Array)];
  expect(list(states[0]!)).toEqual([33]);
  expect(list(kept[0]!)).toEqual(after);
  expect(list(kept[1]!)).toEqual(before);
});
