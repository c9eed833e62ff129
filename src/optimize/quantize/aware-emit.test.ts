import { expect, test } from 'vitest';
import type { Context, Tensor } from '../../contracts/index.ts';
import { edit } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { context, input, model, operators, relativeError, run } from '../testing/quantized.ts';
import { emitAware, withWeights } from './aware-emit.ts';
import { awareModelOf, type AwareScheme } from './aware-model.ts';
import { awarePlanOf } from './aware-plan.ts';
import { observeRanges } from './static/observe.ts';

const text = `x: float32[N, S, 40]; w = float32[40, 32]{...}; b = float32[32]{...}; v = float32[32, 24]{...}; u = float32[24, 6]{...}; c = float32[6]{...}; first = int64[] {0}
  h = MatMul(x, w); i = Add(h, b); r = Tanh(i); j = MatMul(r, v); t = Relu(j); k = Gather(t, first) {axis: 1}; y = Gemm(k, u, c) {alpha: 0.5, beta: 2.0}; -> y: float32[N, 6]`;

const feeds = { x: input([3, 5, 40], 'x') };

const calibrated = (): Promise<Context> =>
  context(async function* () {
    yield feeds;
  });

const cases: readonly (readonly [string, AwareScheme, string, number])[] = [
  ...([2, 4, 8] as const).flatMap((bits) =>
    [16, 32].map(
      (blockSize) =>
        [
          `${bits} bits in blocks of ${blockSize}`,
          { target: 'blocks', bits, blockSize, accuracyLevel: 1 } as const,
          'MatMulNBits',
          1e-5,
        ] as const,
    ),
  ),
  ...([2, 4, 8] as const).map(
    (bits) =>
      [
        `${bits} bits, multiplied in int8`,
        { target: 'blocks', bits, blockSize: 32, accuracyLevel: 4 } as const,
        'MatMulNBits',
        1e-3,
      ] as const,
  ),
  ['dynamic', { target: 'dynamic', bits: 7, perChannel: false }, 'MatMulInteger', 1e-3],
  ['dynamic per channel', { target: 'dynamic', bits: 7, perChannel: true }, 'MatMulInteger', 1e-3],
  ['static', { target: 'static', bits: 7, perChannel: true }, 'QuantizeLinear', 3e-3],
];

test.each(cases)('%s: the quantized model answers what the rounding model answers', async (_, scheme, op, most) => {
  const world = await calibrated();
  const before = model(text);
  const draft = edit(before);
  const plan = awarePlanOf(draft, []);
  const values = [...new Set(plan.units.flatMap(({ inputs }) => inputs))];
  const ranges =
    scheme.target === 'static'
      ? await observeRanges(
          before,
          values.map((name) => ({ name, like: name, positive: false, bound: Number.POSITIVE_INFINITY, inner: false })),
          { activationType: 'uint8', method: 'minmax', percentile: 99 },
          world,
        )
      : null;
  const aware = await awareModelOf(draft, plan, scheme, ranges, world);
  // As if scales had been learned: all a little off where they started, some larger, some smaller.
  const weights = new Map<string, Tensor>(
    [...aware.factors].map(([name, { dims }], at) => [
      name,
      tensor(
        'float32',
        dims,
        new Float32Array(dims[0]!).map((_one, i) => 0.8 + 0.05 * ((i + at) % 7)),
      ),
    ]),
  );
  weights.set('b', tensor('float32', [32], new Float32Array(32).fill(0.25)));
  const { model: made, changes } = await emitAware(before, aware, weights, scheme, world);
  expect(changes.length).toBeGreaterThanOrEqual(3);
  expect(operators(made)[op]).toBeGreaterThanOrEqual(2);
  const expected = (await run(world, withWeights(aware.model, weights), feeds))['y']!;
  const actual = (await run(world, made, feeds))['y']!;
  expect(relativeError(expected, actual)).toBeLessThan(most);
});
