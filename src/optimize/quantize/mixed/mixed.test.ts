import { describe, expect, test } from 'vitest';
import { parseOptions, type Feeds } from '../../../contracts/index.ts';
import { tensor } from '../../../model/tensor/index.ts';
import { context, input, model, normal, operators, relativeError, run } from '../../testing/quantized.ts';
import { mixed } from './mixed.ts';

const options = (raw: Record<string, unknown> = {}) => parseOptions(mixed.id, mixed.options, raw);
const inputs: readonly Feeds[] = [1, 2, 3].map((i) => ({ x: input([i + 1, 64], `mixed ${i}`) }));
const feeds = async function* (): AsyncIterable<Feeds> {
  yield* inputs;
};

/** A copy of normal weights with some elements set. */
const changed = (label: string, scale: number, change: (values: Float32Array) => void) => {
  const { data } = normal([64, 64], label, scale);
  if (data.kind !== 'inline') throw new Error(data.kind);
  const values = new Float32Array(data.bytes.slice().buffer);
  change(values);
  return tensor('float32', [64, 64], values);
};

/** The middle layer holds two rows of large weights for channels that are always 0: its scales are too coarse for all others. */
const network = (large = 12) =>
  model(
    `x: float32[N, 64]; a = float32[64, 64]{...}; b = float32[64, 64] {...}; c = float32[64, 32]{...}
     p = MatMul(x, a) as "first"; q = Tanh(p); r = MatMul(q, b) as "outlier"; s = Tanh(r); y = MatMul(s, c) as "last"`,
    {
      a: changed('a', 0.125, (values) => {
        for (let row = 0; row < 64; row++) values[row * 64 + 5] = values[row * 64 + 37] = 0;
      }),
      b: changed('b', 0.1, (values) => {
        for (let column = 0; column < 64; column++) values[5 * 64 + column] = values[37 * 64 + column] = large;
      }),
    },
  );

describe.each([
  ['dynamic', 12, 0.06],
  ['static', 12, 0.06],
  ['blockwise', 1.2, 0.2],
])('quantize/mixed on %s', (base, large, maxError) => {
  test('takes back the layer that does the harm, and no other', async () => {
    const world = await context(feeds);
    const before = network(large);
    const loose = await mixed.apply(before, options({ base, maxError: 0.9 }), world);
    expect(loose.changes).toHaveLength(3);
    const expected = (await run(world, before, inputs[0]!))['y']!;
    const all = relativeError(expected, (await run(world, loose.model, inputs[0]!))['y']!);
    const tight = await mixed.apply(before, options({ base, maxError }), world);
    expect(tight.changes.flatMap(({ nodes }) => nodes).toSorted()).toEqual(['first', 'last']);
    expect(tight.skipped).toEqual([
      { reason: expect.stringMatching(/^kept as it was: alone it causes an error of/), nodes: ['outlier'] },
    ]);
    expect(operators(tight.model)['MatMul']).toBe(1);
    const some = relativeError(expected, (await run(world, tight.model, inputs[0]!))['y']!);
    expect(some).toBeLessThan(all / 2);
  });

  test('a budget that no layer meets changes nothing and says so', async () => {
    const {
      changes,
      skipped,
      model: after,
    } = await mixed.apply(network(), options({ base, maxError: 0.0001 }), await context(feeds));
    expect(changes).toEqual([]);
    expect(skipped[0]!.reason).toContain('no layer fits the budget');
    expect(operators(after)['MatMul']).toBe(3);
  });
});

test('an agreement that is asked for is met', async () => {
  const world = await context(feeds);
  const before = network();
  const { model: after } = await mixed.apply(before, options({ maxError: 1, minAgreement: 1 }), world);
  for (const one of inputs) {
    const [x, y] = [(await run(world, before, one))['y']!, (await run(world, after, one))['y']!];
    const best = (data: Float32Array, row: number): number => {
      const part = [...data.subarray(row * 32, row * 32 + 32)];
      return part.indexOf(Math.max(...part));
    };
    for (let row = 0; row < x.dims[0]!; row++)
      expect(best(y.data as Float32Array, row)).toBe(best(x.data as Float32Array, row));
  }
});

test('without rows it is a coded error; without layers it refuses', async () => {
  await expect(mixed.apply(network(), options(), await context(async function* () {}))).rejects.toMatchObject({
    code: 'optimize/calibration',
  });
  expect(mixed.check(model('x: float32[N]; y = Relu(x)'), options())?.reason).toContain('has no');
  expect(mixed.check(network(), options({ bits: '4' }))?.reason).toMatch(
    /^quantize\/dynamic has no 4-bit weights, only 8/,
  );
});
