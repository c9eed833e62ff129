import { expect, test } from 'vitest';
import { context, input, model } from '../../testing/quantized.ts';
import { observeInputs, observeRanges } from './observe.ts';
import type { CodedValue } from './plan.ts';

const value = (name: string, more: Partial<CodedValue> = {}): CodedValue => ({
  name,
  like: name,
  positive: false,
  bound: Number.POSITIVE_INFINITY,
  inner: false,
  ...more,
});

const world = () =>
  context(async function* () {
    for (const data of [Float32Array.of(-1, 2, 0.5), Float32Array.of(-3, 7, 0)])
      yield { x: { dtype: 'float32' as const, dims: [3], data } };
  });
const graph = model(
  'x: float32[N]; zero = float32[]{0.0}; r = Relu(x); d = Div(x, zero); y = Neg(r); z = Neg(d); -> y: float32[N], z: float32[N]',
);

test('ranges become scales; Relu ends at zero and at its bound; what shares a scale is not asked', async () => {
  const found = await observeRanges(
    graph,
    [value('x'), value('r', { positive: true, bound: 6 }), value('y', { like: 'x' })],
    { activationType: 'int8', method: 'minmax', percentile: 99.99 },
    await world(),
  );
  expect(found.get('x')).toEqual({ type: 'int8', scale: Math.fround(14 / 254), zeroPoint: 0 });
  expect(found.get('r')).toEqual({ type: 'int8', scale: Math.fround(6 / 255), zeroPoint: -128 });
  expect(found.has('y')).toBe(false);
});

test.each(['minmax', 'moving-average', 'percentile', 'entropy', 'mse', 'best'])(
  'infinity is a reason, not a range: %s',
  async (method) => {
    const found = await observeRanges(
      graph,
      [value('d'), value('x')],
      { activationType: 'uint8', method, percentile: 99.9 },
      await world(),
    );
    expect(found.get('d')).toContain('NaN or infinity');
    expect(found.get('x')).toMatchObject({ type: 'uint8' });
  },
);

test('means, and what rounding to the learned codes changes about them', async () => {
  // Twenty batches, of which rounding looks at every fourth.
  const batches = Array.from({ length: 20 }, (_, i) => ({ x: input([5, 4], `batch ${i}`) }));
  const many = await context(async function* () {
    yield* batches;
  });
  const { ranges, means } = await observeInputs(
    model('x: float32[N, 4]; y = Neg(x)'),
    [value('x')],
    new Map(),
    (name) => name,
    new Map([['x', 4]]),
    { activationType: 'uint8', method: 'minmax', percentile: 99.9 },
    many,
  );
  const found = ranges.get('x');
  if (found === undefined || typeof found === 'string') throw new Error('no range');
  const { scale, zeroPoint } = found;
  const { mean, shift } = means.get('x')!;
  for (let column = 0; column < 4; column++) {
    const values = (of: typeof batches): number[] =>
      of.flatMap(({ x }) => [...(x.data as Float32Array)].filter((_, i) => i % 4 === column));
    const average = (of: number[]): number => of.reduce((sum, one) => sum + one, 0) / of.length;
    expect(mean[column]).toBeCloseTo(average(values(batches)), 5);
    const some = values(batches.filter((_, i) => i % 4 === 0));
    const rounded = some.map((one) => (Math.round(one / scale + zeroPoint) - zeroPoint) * scale - one);
    expect(shift[column]).toBeCloseTo(average(rounded), 5);
    expect(shift[column]).not.toBe(0);
  }
});
