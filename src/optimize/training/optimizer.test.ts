import { expect, test } from 'vitest';
import type { Value } from '../../contracts/index.ts';
import { parseText } from '../../model/graph/index.ts';
import { emitter, extend } from './emit.ts';
import { adamW, clipping, coefficientNames, coefficientsOf, updateScalars, usualAdam } from './optimizer.ts';
import { evaluate } from './testing/differences.ts';

const scalar = (x: number): Value => ({ dtype: 'float32', dims: [], data: Float32Array.of(x) });
const vector = (...x: number[]): Value => ({ dtype: 'float32', dims: [x.length], data: Float32Array.from(x) });
const first = (value: Value | undefined): number => Number((value!.data as Float32Array)[0]);

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

const settings = { beta1: 0.9, beta2: 0.99, epsilon: 1e-3, weightDecay: 0.1 };

test('three AdamW steps of a clipped gradient against the algorithm in float64', async () => {
  const inputs = Object.fromEntries(coefficientNames.map((name) => [name, name])) as Record<
    (typeof coefficientNames)[number],
    string
  >;
  const scalars = coefficientNames.map((name) => `${name}: float32[]`).join('; ');
  const source = parseText(
    `w: float32[2]; g: float32[2]; m: float32[2]; v: float32[2]; ${scalars}; n = Sum(w, g, m, v, ${coefficientNames.join(', ')})`,
  );
  const to = emitter(source);
  const { factor } = clipping(to, ['g'], 1);
  const shrink = to.emit('Sub', [to.scalar('float32', 1), 'decay']);
  const next = adamW(
    to,
    { weight: 'w', gradient: 'g', first: 'm', second: 'v' },
    updateScalars(to, inputs, factor),
    'size',
    shrink,
    (name) => `${name}/next`,
  );
  const model = extend(source, to);
  const names = [next.weight, next.first, next.second];
  const outputs = names.map((name) => ({ name, type: null }));
  const run = await evaluate({ ...model, graph: { ...model.graph, outputs } });
  let [w, m, v] = [vector(1, -2), vector(0, 0), vector(0, 0)];
  const [ew, em, ev] = [
    [1, -2],
    [0, 0],
    [0, 0],
  ];
  const rate = 0.05;
  for (const [t, g] of [
    [0.3, -4],
    [0.1, 0.7],
    [-2, 0.5],
  ].entries()) {
    const numbers = coefficientsOf(settings, { step: t + 1, rate, averaging: null, share: 1 }, true);
    const fed = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, scalar(value)]));
    const result = await run({ w, m, v, g: vector(...g), ...fed });
    [w, m, v] = names.map((name) => result[name]!) as [Value, Value, Value];
    const scale = Math.min(1, 1 / (Math.hypot(...g) + 1e-6));
    for (const i of [0, 1]) {
      const clipped = g[i]! * scale;
      em[i] = 0.9 * em[i]! + 0.1 * clipped;
      ev[i] = 0.99 * ev[i]! + 0.01 * clipped ** 2;
      const update = em[i]! / (1 - 0.9 ** (t + 1)) / (Math.sqrt(ev[i]! / (1 - 0.99 ** (t + 1))) + 1e-3);
      ew[i] = ew[i]! - rate * update - rate * 0.1 * ew[i]!;
      expect((w.data as Float32Array)[i]).toBeCloseTo(ew[i]!, 5);
    }
  }
});

test('a run that does not end a step changes nothing but the sum of gradients', () => {
  const at = { step: 3, rate: 0.1, averaging: 0.99, share: 0.25 };
  const { keepFirst, keepSecond, take, size, decay, keepMean, takeMean, share, carry } = coefficientsOf(
    { ...usualAdam, weightDecay: 0.1 },
    at,
    false,
  );
  expect([keepFirst, keepSecond, keepMean, carry]).toEqual([1, 1, 1, 1]);
  expect([take, takeMean, size, decay]).toEqual([0, 0, 0, 0]);
  expect(share).toBe(0.25);
});

test('averaged weights follow faster at the beginning', () => {
  const keep = (step: number): number =>
    coefficientsOf({ ...usualAdam, weightDecay: 0 }, { step, rate: 1, averaging: 0.999, share: 1 }, true).keepMean;
  expect(keep(1)).toBeCloseTo(2 / 11, 12);
  expect(keep(90)).toBeCloseTo(0.91, 12);
  expect(keep(1e6)).toBe(0.999);
});
