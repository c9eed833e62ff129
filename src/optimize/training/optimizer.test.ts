import { expect, test } from 'vitest';
import type { Value } from '../../contracts/index.ts';
import { emitter, extend } from './emit.ts';
import { parseText } from '../../model/graph/index.ts';
import { adamW, clipping, scheduled, stepScalars, type OptimizerSettings, type Schedule } from './optimizer.ts';
import { evaluate } from './testing/differences.ts';

const scalar = (x: number): Value => ({ dtype: 'float32', dims: [], data: Float32Array.of(x) });
const vector = (...x: number[]): Value => ({ dtype: 'float32', dims: [x.length], data: Float32Array.from(x) });
const first = (value: Value | undefined): number => Number((value!.data as Float32Array)[0]);

test.each<[Schedule['shape'], number, number]>([
  ['constant', 5, 0.5],
  ['constant', 10, 1],
  ['constant', 500, 1],
  ['linear', 5, 0.5],
  ['linear', 10, 1],
  ['linear', 60, 0.5],
  ['linear', 110, 0],
  ['linear', 200, 0],
  ['cosine', 60, 0.5],
  ['cosine', 35, 0.5 * (1 + Math.cos(Math.PI / 4))],
])('%s schedule at step %d gives %d of the peak', async (shape, step, expected) => {
  const source = parseText('peak: float32[]; step: float32[]; a = Neg(peak); b = Neg(step)');
  const to = emitter(source);
  const rate = scheduled(to, 'peak', 'step', { shape, warmUpSteps: 10, totalSteps: 110 });
  const model = extend(source, to);
  const run = await evaluate({ ...model, graph: { ...model.graph, outputs: [{ name: rate, type: null }] } });
  expect(first((await run({ peak: scalar(2), step: scalar(step) }))[rate])).toBeCloseTo(2 * expected, 5);
});

test('clipping scales the global norm down, never up', async () => {
  const source = parseText('a: float32[2]; b: float32[1]; c = Neg(a); d = Neg(b)');
  const to = emitter(source);
  const { norm, factor } = clipping(to, ['a', 'b'], 1);
  const model = extend(source, to);
  const outputs = [norm, factor].map((name) => ({ name, type: null }));
  const run = await evaluate({ ...model, graph: { ...model.graph, outputs } });
  const large = await run({ a: vector(2, 3), b: vector(6) });
  expect(first(large[norm])).toBeCloseTo(7, 5);
  expect(first(large[factor])).toBeCloseTo(1 / 7, 5);
  expect(first((await run({ a: vector(0.1, 0), b: vector(0) }))[factor])).toBe(1);
});

const settings: OptimizerSettings = {
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  weightDecay: 0.1,
  clip: 1,
  schedule: { shape: 'constant', warmUpSteps: 0, totalSteps: 1 },
};

test('three AdamW steps against the algorithm in float64', async () => {
  const source = parseText(
    'w: float32[2]; g: float32[2]; m: float32[2]; v: float32[2]; peak: float32[]; step: float32[]; n = Sum(w, g, m, v); p = Add(peak, step)',
  );
  const to = emitter(source);
  const scalars = stepScalars(to, 'peak', 'step', settings);
  const next = adamW(to, { weight: 'w', gradient: 'g', m: 'm', v: 'v' }, scalars, settings);
  const model = extend(source, to);
  const names = [next.weight, next.m, next.v];
  const run = await evaluate({
    ...model,
    graph: { ...model.graph, outputs: names.map((name) => ({ name, type: null })) },
  });
  let [w, m, v] = [vector(1, -2), vector(0, 0), vector(0, 0)];
  const [ew, em, ev] = [
    [1, -2],
    [0, 0],
    [0, 0],
  ];
  const rate = 0.05;
  for (const [t, g] of [
    [0.3, -4],
    [0.1, 1],
    [-2, 0.5],
  ].entries()) {
    const outputs = await run({ w, m, v, g: vector(...g), peak: scalar(rate), step: scalar(t + 1) });
    [w, m, v] = names.map((name) => outputs[name]!) as [Value, Value, Value];
    for (const i of [0, 1]) {
      em[i] = 0.9 * em[i]! + 0.1 * g[i]!;
      ev[i] = 0.99 * ev[i]! + 0.01 * g[i]! ** 2;
      const update = em[i]! / (1 - 0.9 ** (t + 1)) / (Math.sqrt(ev[i]! / (1 - 0.99 ** (t + 1))) + 1e-8);
      ew[i] = ew[i]! - rate * update - rate * 0.1 * ew[i]!;
      expect((w.data as Float32Array)[i]).toBeCloseTo(ew[i]!, 5);
    }
  }
});
