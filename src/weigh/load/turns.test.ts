import { afterAll, beforeAll, expect, test } from 'vitest';
import { stackText, workbench, type Workbench } from '../../runtime/testing/trial.ts';
import { seeded } from '../../statistics/index.ts';
import { ownWays, sameCalls } from './turns.ts';

let bench: Workbench;
beforeAll(async () => {
  bench = await workbench();
});
afterAll(() => bench.remove());

const rowsOf = (feeds: readonly { readonly [name: string]: { readonly dims: readonly number[] } }[]) =>
  feeds.map(({ x }) => x!.dims[0]);

test('everybody repeats the same call as often as a turn of the original does', async () => {
  const baseline = await bench.subject('baseline', stackText(1));
  const many = await bench.subject('many', stackText(1), { batchSize: 8 });
  const turns = sameCalls(bench.trial(baseline, [many]), 2, seeded(1, 'x'));
  for (const one of [baseline, many]) {
    const { feeds, rows } = turns.callsOf(one, { input: 3, calls: 4, warmMs: 1 });
    expect([rows, rowsOf(feeds), new Set(feeds).size]).toEqual([null, [2, 2, 2, 2], 1]);
  }
  expect(turns.callsOf(many, { input: 3, calls: 1, warmMs: 1 }).feeds[0]).toBe(turns.pool(baseline)[3]);
});

test('a version with a way of its own makes a turn a window of requests; a slow one answers a part of it', async () => {
  const baseline = await bench.subject('baseline', stackText(1));
  const many = await bench.subject('many', stackText(1), { batchSize: 8 });
  const turns = ownWays(bench.trial(baseline, [many]), 1, seeded(1, 'x'));
  const own = turns.callsOf(many, { input: 1, calls: 50, warmMs: 1 });
  const other = turns.callsOf(baseline, { input: 1, calls: 50, warmMs: 1 });
  expect([own.rows, rowsOf(own.feeds)]).toEqual([8, [8]]);
  expect([other.rows, rowsOf(other.feeds)]).toEqual([1, Array.from({ length: 8 }, () => 1)]);
  const values = (feeds: readonly { readonly [name: string]: { readonly data: unknown } }[]): number[] =>
    feeds.flatMap(({ x }) => [...(x!.data as Float32Array)]);
  expect(values(own.feeds)).toEqual(values(other.feeds));
  expect(turns.callsOf(baseline, { input: 1, calls: 50, warmMs: 100 }).feeds).toHaveLength(2);
  expect(turns.callsOf(baseline, { input: 1, calls: 50, warmMs: 5000 }).feeds).toHaveLength(1);
});

test('where nobody has one, all repeat the same call', async () => {
  const baseline = await bench.subject('baseline', stackText(1), { batchSize: 4 });
  const { feeds, rows } = ownWays(bench.trial(baseline, []), 4, seeded(1, 'x')).callsOf(baseline, {
    input: 0,
    calls: 3,
    warmMs: 1,
  });
  expect([rows, rowsOf(feeds)]).toEqual([null, [4, 4, 4]]);
});
