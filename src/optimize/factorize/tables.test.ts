import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Model, Value } from '../../contracts/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { normals } from '../quantize/blocks/testing/matrices.ts';
import { context, model, operators, relativeError, run } from '../testing/quantized.ts';
import { lowRank } from './low-rank.ts';

const options = (raw: Record<string, unknown> = {}) =>
  parseOptions(lowRank.id, lowRank.options, { tables: true, ...raw });

const ids = (...values: number[]): Value => ({
  dtype: 'int64',
  dims: [1, values.length],
  data: BigInt64Array.from(values, BigInt),
});
const calibrated = (...values: number[]) =>
  context(async function* () {
    yield { ids: ids(...values) };
  });

const lookup = 'ids: int64[B, S]; t = float32[100, 24]{...}; y = Gather(t, ids)';

/** 100 rows: the first 8 spread over all directions, the others over 8 of them. */
const uneven = tensor(
  'float32',
  [100, 24],
  normals(2400, 'uneven').map((value, at) => (at >= 8 * 24 && at % 24 >= 8 ? 0 : value)),
);

describe('tables', () => {
  test('a table becomes a narrower one and a small product', async () => {
    const world = await context();
    const result = await lowRank.apply(model(lookup), options({ budget: 'rank', rank: 16 }), world);
    expect(operators(result.model)).toEqual({ Gather: 1, MatMul: 1 });
    expect([...result.model.graph.initializers.values()].map(({ dims }) => dims)).toEqual([
      [100, 16],
      [16, 24],
    ]);
    expect(result.changes[0]?.what).toMatch(
      /^table \[100, 24\] as two of rank 16: 83 % of its numbers, error \d+ % \(all rows alike\)$/,
    );
    const feeds = { ids: ids(3, 99, 0) };
    const [before, after] = [
      (await run(world, model(lookup), feeds))['y']!,
      (await run(world, result.model, feeds))['y']!,
    ];
    expect(after.dims).toEqual([1, 3, 24]);
    expect(relativeError(before, after)).toBeLessThan(0.6);
  });

  test('rows that are looked up often count more', async () => {
    const subject = model(lookup, { t: uneven });
    const world = await calibrated(0, 1, 2, 3, 4, 5, 6, 7);
    const feeds = { ids: ids(0, 1, 2, 3, 4, 5, 6, 7) };
    const before = (await run(world, subject, feeds))['y']!;
    const errorWith = async (where: typeof world): Promise<number> => {
      const { model: after } = await lowRank.apply(subject, options({ budget: 'rank', rank: 8 }), where);
      return relativeError(before, (await run(world, after, feeds))['y']!);
    };
    const [weighed, alike] = [await errorWith(world), await errorWith(await context())];
    expect(weighed).toBeLessThan(0.8 * alike);
  });

  test('an error budget and a ratio', async () => {
    const world = await context();
    const subject = model(lookup, {
      t: tensor(
        'float32',
        [100, 24],
        normals(2400, 'flat').map((value, at) => (at % 24 < 8 ? value : 0)),
      ),
    });
    const found = await lowRank.apply(subject, options({ budget: 'error', error: 0.001 }), world);
    expect(found.changes[0]?.what).toContain('rank 8');
    const strict = await lowRank.apply(model(lookup), options({ budget: 'error', error: 0.001 }), world);
    expect(strict.skipped[0]?.reason).toContain('the budget is 0.10 %');
    const half = await lowRank.apply(model(lookup), options({ ratio: 0.5 }), world);
    expect(half.changes[0]?.what).toContain('rank 8');
    expect((await lowRank.apply(model(lookup), options({ ratio: 1 }), world)).skipped[0]?.reason).toContain(
      'keeps all of its numbers',
    );
  });

  test('one table behind two Gathers is factored once', async () => {
    const text =
      'ids: int64[B, S]; t = float32[100, 24]{...}; a = Gather(t, ids); c = Cast(ids) {to: 6}; b = Gather(t, c); y = Add(a, b)';
    const result = await lowRank.apply(model(text), options({ budget: 'rank', rank: 8 }), await calibrated(1, 2));
    expect(result.changes).toHaveLength(2);
    expect(result.model.graph.initializers.size).toBe(2);
    expect(result.changes[0]?.what).toContain('weighed by how often');
    const excluded = await lowRank.apply(model(text), options({ exclude: ['a'] }), await context());
    expect(excluded.changes).toEqual([]);
    expect(excluded.skipped.map(({ reason }) => reason)).toContain('its table is also used by an excluded node');
  });

  test.each<[string, Model, string]>([
    [
      'tied to the output layer',
      model(
        'ids: int64[B, S]; t = float32[100, 24]{...}; h = Gather(t, ids); o = Transpose(t) {perm: [1, 0]}; y = MatMul(h, o)',
      ),
      'also used by',
    ],
    ['computed', model('ids: int64[B, S]; t: float32[100, 24]; y = Gather(t, ids)'), 'not constant'],
    ['too small', model('ids: int64[B, S]; t = float32[10, 24]{...}; y = Gather(t, ids)'), 'fewer than 512'],
    ['narrow', model('ids: int64[B, S]; t = float32[100, 8]{...}; y = Gather(t, ids)'), 'not faster'],
    [
      'of NaN',
      model(lookup, { t: tensor('float32', [100, 24], new Float32Array(2400).fill(Number.NaN, 3, 4)) }),
      'NaN or infinity',
    ],
  ])('a table that is %s is skipped with its reason', async (_, subject, reason) => {
    const result = await lowRank.apply(subject, options({ ratio: 0.5 }), await context());
    expect(result.changes.filter(({ what }) => what.startsWith('table'))).toEqual([]);
    expect(result.skipped.map((one) => one.reason).join('\n')).toContain(reason);
  });
});
