import { describe, expect, test } from 'vitest';
import type { Feeds } from '../../contracts/index.ts';
import { context, input, model } from '../testing/quantized.ts';
import { channelMeans, extremes, gram, histogram, observe, placesOfRows, rowSample, spreadRows } from './index.ts';
import { planOf } from './plan.ts';
import { cutsOf, segmentsOf } from './segments.ts';

describe('where a graph is cut', () => {
  test.each([
    ['behind the heavy nodes, where least is alive', [4, 4, 4, 4], [2, 1, 2, 1], 8, [2]],
    ['as late as possible', [4, 0, 0, 4], [1, 1, 1, 1], 4, [3]],
    ['a node heavier than the limit stands alone', [1, 20, 1], [1, 1, 1], 4, [1, 2]],
    ['not at all', [1, 1, 1], [1, 1, 1], 4, []],
    ['nowhere without weights', [0, 0, 9], [1, 1, 1], 4, []],
  ])('%s', (_, bytes, alive, most, cuts) => expect(cutsOf(bytes, alive, most)).toEqual(cuts));
});

const network = model(
  `x: float32[B, S, 8]; mask: bool[B, S, 1]; a = float32[8, 16]{...}; b = float32[16, 8]{...}; c = float32[8, 8]{...}; low = float32[]{-1.0}
   h = MatMul(x, a); r = Relu(h); k = MatMul(r, b); s = Add(k, x); m = Where(mask, s, low); o = MatMul(m, c); t = Add(o, m); u = Neg(t); z = MatMul(u, c)`,
);
const batches: readonly Feeds[] = [3, 1, 4].map((rows, at) => ({
  x: input([rows, 5, 8], `x ${at}`),
  mask: {
    dtype: 'bool',
    dims: [rows, 5, 1],
    data: Uint8Array.from({ length: rows * 5 }, (_, i) => (i % 3 === 0 ? 0 : 1)),
  },
}));

const learn = async (mostBytes?: number) => {
  const world = await context(async function* () {
    yield* batches;
  });
  const statistics = {
    first: extremes(),
    middle: channelMeans(8),
    inside: histogram(64),
    sum: gram(8),
    rows: rowSample(8, 100, world.random('rows')),
    spread: spreadRows(8, placesOfRows(world.random('places'))),
    end: extremes(0.5),
  };
  const learned: number[] = [];
  const count = await observe(
    network,
    [
      { value: 'x', statistic: statistics.rows },
      { value: 'r', statistic: statistics.first },
      { value: 's', statistic: statistics.middle },
      { value: 'm', statistic: statistics.inside },
      { value: 'm', statistic: statistics.sum },
      { value: 'u', statistic: statistics.spread },
      { value: 'u', statistic: statistics.end },
    ],
    world,
    'calibrating',
    (some) => void learned.push(some.size),
    mostBytes,
  );
  return { count, learned, statistics };
};

test('a value of unknown rank goes on into the next segment', async () => {
  const open = model(
    `x: float32[B, 8]; shape: int64[R]; a = float32[8, 16]{...}; b = float32[16, 8]{...}
     h = MatMul(x, a); r = Reshape(h, shape); z = MatMul(r, b)`,
  );
  const world = await context(async function* () {
    yield {
      x: input([6, 8], 'x'),
      shape: { dtype: 'int64', dims: [3], data: BigInt64Array.of(2n, 3n, 16n) },
    };
  });
  const ends = await Promise.all(
    [undefined, 600].map(async (mostBytes) => {
      const end = extremes();
      await observe(open, [{ value: 'z', statistic: end }], world, 'calibrating', undefined, mostBytes);
      return [end.low(), end.high()];
    }),
  );
  expect(ends[1]).toEqual(ends[0]);
});

test('a graph in segments says what it says as a whole', async () => {
  const whole = await learn();
  const parts = await learn(300);
  expect(whole.learned).toEqual([7]);
  expect(parts.learned.length).toBeGreaterThan(2);
  expect(parts.learned.reduce((sum, one) => sum + one, 0)).toBe(7);
  expect(parts.count).toBe(whole.count);
  const said = ({ statistics: { first, middle, inside, sum, rows, spread, end } }: typeof whole) => ({
    ends: [first.low(), first.high(), end.low(), end.high()],
    means: [...middle.mean()],
    bins: inside.result(),
    sum: [...sum.matrix()],
    rows: [...rows.rows()],
    spread: [...spread.rows()],
  });
  expect(said(parts)).toEqual(said(whole));
});

test('what nobody asks for is not computed, and masks wait where they are read again', () => {
  const plan = planOf(network, [{ value: 't', statistic: extremes() }]);
  const segments = segmentsOf(plan, 300);
  expect(segments.flatMap(({ nodes }) => nodes.map(({ op }) => op)).filter((op) => op === 'MatMul')).toHaveLength(3);
  expect(segments[0]!.takes).toEqual(['x']);
  expect(segments.some(({ takes }) => takes.includes('mask'))).toBe(true);
});

test('values that are no tensors keep a graph whole', () => {
  const lists = model(
    'x: float32[N, 8]; a = float32[8, 8]{...}; h = MatMul(x, a); l = SequenceConstruct(h, x); y = ConcatFromSequence(l) {axis: 0}; z = MatMul(y, a)',
  );
  expect(segmentsOf(planOf(lists, [{ value: 'y', statistic: extremes() }]), 16)).toHaveLength(1);
});
