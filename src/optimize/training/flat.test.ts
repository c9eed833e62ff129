import { expect, test } from 'vitest';
import { parseText } from '../../model/graph/index.ts';
import { emitter, extend } from './emit.ts';
import { joined, parted, together } from './flat.ts';
import { evaluate } from './testing/differences.ts';

test('vectors of one factor go together, in their order; everything else stays by itself', () => {
  const dims: Record<string, number[]> = { m: [2, 3], a: [2], s: [], b: [3], slow: [2], c: [1] };
  const of = (weight: string) => ({ dims: dims[weight]!, factor: weight === 'slow' ? 0.1 : 1 });
  expect(together(Object.keys(dims), of)).toEqual([['m'], ['a', 'b', 'c'], ['s'], ['slow']]);
});

test('what is joined is parted to the same values', async () => {
  const model = parseText('a: float32[2]; b: float32[3]; z = Neg(a)');
  const to = emitter(model);
  expect(joined(to, ['a'])).toBe('a');
  parted(to, joined(to, ['a', 'b']), [2, 3], ['a again', 'b again']);
  const whole = extend(model, to);
  const outputs = ['a again', 'b again'].map((name) => ({ name, type: null }));
  const run = await evaluate({ ...whole, graph: { ...whole.graph, outputs } });
  const vector = (...x: number[]) => ({ dtype: 'float32' as const, dims: [x.length], data: Float32Array.from(x) });
  const answers = await run({ a: vector(1, 2), b: vector(3, 4, 5) });
  expect([...(answers['a again']!.data as Float32Array)]).toEqual([1, 2]);
  expect([...(answers['b again']!.data as Float32Array)]).toEqual([3, 4, 5]);
});
