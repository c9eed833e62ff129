import { describe, expect, test } from 'vitest';
import type { Feeds } from '../../contracts/index.ts';
import { context, input, model } from '../testing/quantized.ts';
import { channelMaxima, channelMeans, channelSquares, extremes, gram, histogram, observe, rowSample } from './index.ts';

const batches: readonly Feeds[] = [
  { x: input([3, 4, 8], 'a') },
  { x: input([1, 7, 8], 'b') },
  { x: input([2, 2, 8], 'c') },
];
const feeds = async function* (): AsyncIterable<Feeds> {
  yield* batches;
};
const all = batches.flatMap(({ x }) => [...(x!.data as Float32Array)]);
const column = (index: number): number[] => all.filter((_, i) => i % 8 === index);

describe.each([11, 13, 18, 21])('opset %i', (opset) => {
  const network = model(`opset ${opset}; x: float32[B, S, 8]; r = Relu(x); y = Neg(r)`);

  test('every statistic of batches of different lengths equals the one over all rows', async () => {
    const world = await context(feeds);
    const range = extremes();
    const maxima = channelMaxima(8);
    const means = channelMeans(8);
    const sizes = channelMeans(8, true);
    const second = gram(8);
    const squares = channelSquares(8);
    const bins = histogram(64);
    const rows = rowSample(8, 1000, world.random('rows'));
    const statistics = [range, maxima, means, sizes, second, squares, bins, rows];
    expect(
      await observe(
        network,
        statistics.map((statistic) => ({ value: 'x', statistic })),
        world,
      ),
    ).toBe(3);
    expect([range.low(), range.high()]).toEqual([Math.min(...all), Math.max(...all)]);
    for (let i = 0; i < 8; i++) {
      expect(maxima.values[i]).toBe(Math.max(...column(i).map(Math.abs)));
      expect(means.mean()[i]).toBeCloseTo(column(i).reduce((sum, one) => sum + one, 0) / (all.length / 8), 5);
      expect(sizes.mean()[i]).toBeCloseTo(column(i).reduce((sum, one) => sum + Math.abs(one), 0) / (all.length / 8), 5);
      expect(squares.sums[i]).toBeCloseTo(
        column(i).reduce((sum, one) => sum + one * one, 0),
        3,
      );
      for (let j = 0; j < 8; j++) {
        const other = column(j);
        expect(second.matrix()[i * 8 + j]).toBeCloseTo(
          column(i).reduce((sum, one, row) => sum + one * other[row]!, 0),
          3,
        );
      }
    }
    expect(means.rows()).toBe(all.length / 8);
    expect(bins.result()).toMatchObject({
      low: Math.min(...all),
      high: Math.max(...all),
      total: all.length,
      strange: 0,
    });
    expect([...rows.rows()]).toEqual(all);
  });
});

test('inner values, and a moving average', async () => {
  const world = await context(feeds);
  const range = extremes(0.01);
  await observe(model('x: float32[B, S, 8]; r = Relu(x); y = Neg(r)'), [{ value: 'r', statistic: range }], world);
  const highs = batches.map(({ x }) => Math.max(...(x!.data as Float32Array)));
  let expected = highs[0]!;
  for (const high of highs.slice(1)) expected += 0.01 * (high - expected);
  expect(range.high()).toBeCloseTo(expected, 6);
  expect(range.low()).toBe(0);
});

test('infinities are told, not averaged', async () => {
  const world = await context(async function* () {
    yield { x: { dtype: 'float32', dims: [2], data: Float32Array.of(1, 0) } } satisfies Feeds;
  });
  const range = extremes();
  const bins = histogram(16);
  const network = model('x: float32[N]; z = float32[] {0.0}; d = Div(x, z); y = Neg(d)');
  await observe(
    network,
    [range, bins].map((statistic) => ({ value: 'd', statistic })),
    world,
  );
  expect(range.finite()).toBe(false);
  expect(bins.result()).toMatchObject({ strange: 2, total: 0 });
});

test('no data is a coded error', async () => {
  const network = model('x: float32[N]; y = Neg(x)');
  const request = [{ value: 'x', statistic: extremes() }];
  await expect(observe(network, request, await context())).rejects.toMatchObject({ code: 'optimize/calibration' });
  const empty = await context(async function* () {});
  await expect(observe(network, request, empty)).rejects.toMatchObject({ code: 'optimize/calibration' });
});
