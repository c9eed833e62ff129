import { expect, test } from 'vitest';
import type { Clock } from './clock.ts';
import { planOf, simulated } from '../testing/world.ts';
import { play } from './play.ts';

test('latency counts from when a request was due: a stall delays everything that comes after it', async () => {
  const { clock, server } = simulated();
  const at = Float64Array.from({ length: 20 }, (_, i) => i * 10);
  const target = server((n) => (n === 5 ? 100 : 2));
  const played = await play(planOf({ at, calls: Int32Array.from({ length: 20 }, (_, i) => i % 3) }), target, clock);
  const latency = Array.from(played.doneMs, (done, i) => done - played.scheduledMs[i]!);
  expect(latency.slice(0, 5)).toEqual([2, 2, 2, 2, 2]);
  // Due at 60, begun at 150, done at 152: 92 ms although the model took 2.
  expect(latency[5]).toBe(100);
  expect(latency[6]).toBe(92);
  expect(played.serviceMs[6]).toBe(2);
  expect(latency.at(-1)).toBe(2);
  expect(played.outstanding).toBeGreaterThan(8);
  expect([...played.sentMs]).toEqual([...at]);
  expect(target.seen).toEqual(Array.from({ length: 20 }, (_, i) => i % 3));
});

test('a stream sends when the one before is answered, until the least time and the least number both hold', async () => {
  const { clock, server } = simulated();
  const byCount = await play(
    planOf({ minQueries: 10, minMs: 15 }),
    server(() => 4),
    clock,
  );
  expect(byCount.state).toHaveLength(10);
  expect([...byCount.sentMs]).toEqual(Array.from({ length: 10 }, (_, i) => i * 4));
  const other = simulated();
  const long = await play(
    planOf({ minQueries: 2, minMs: 100 }),
    other.server(() => 4),
    other.clock,
  );
  expect(long.state).toHaveLength(25);
  const capped = simulated();
  const most = await play(
    planOf({ minQueries: 1000, maxMs: 40 }),
    capped.server(() => 4),
    capped.clock,
  );
  expect(most.state).toHaveLength(10);
});

test('a query of several calls is done with its last call; outputs of the named queries come back in the order of the calls', async () => {
  const { clock, server } = simulated();
  const calls = Int32Array.from({ length: 32 }, (_, i) => i % 7);
  const played = await play(
    planOf({ calls, callsPerQuery: 8, minQueries: 4, keep: Int32Array.of(1, 3) }),
    server(() => 2),
    clock,
  );
  expect(Array.from(played.doneMs, (done, i) => done - played.sentMs[i]!)).toEqual([16, 16, 16, 16]);
  expect([...played.serviceMs]).toEqual([16, 16, 16, 16]);
  expect(played.kept.map(({ query }) => query)).toEqual([1, 3]);
  expect(played.kept[0]!.outputs.map(({ y }) => (y!.data as Float32Array)[0])).toEqual([1, 2, 3, 4, 5, 6, 0, 1]);
});

test('faults are counted by kind and never end the run; what is never answered is told as such', async () => {
  const { clock, server } = simulated();
  const at = Float64Array.from({ length: 12 }, (_, i) => i * 10);
  const target = server((n) =>
    n % 4 === 1 ? 'endpoint/dropped' : n % 4 === 2 ? 'endpoint/timeout' : n === 11 ? null : 1,
  );
  const played = await play(planOf({ at, calls: new Int32Array(12), drainMs: 30 }), target, clock);
  expect([...played.state]).toEqual([0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 2]);
  expect(played.faults).toEqual([
    { code: 'endpoint/dropped', count: 3, message: 'as told' },
    { code: 'endpoint/timeout', count: 3, message: 'as told' },
  ]);
  expect(played.doneMs[11]).toBeNaN();
  expect(played.serviceMs[1]).toBeNaN();
});

test('gives up as soon as too many are late, and sends nothing after the longest time', async () => {
  const { clock, server } = simulated();
  const at = Float64Array.from({ length: 1000 }, (_, i) => i);
  const hopeless = await play(
    planOf({ at, calls: new Int32Array(1000), giveUp: { ms: 10, count: 3 } }),
    server(() => 5),
    clock,
  );
  expect(hopeless.gaveUp).toBe(true);
  expect(hopeless.state.length).toBeLessThan(100);
  const other = simulated();
  const short = await play(
    planOf({ at, calls: new Int32Array(1000), maxMs: 50 }),
    other.server(() => 0.1),
    other.clock,
  );
  expect(short.state).toHaveLength(51);
  const empty = await play(
    planOf({ at: new Float64Array(0) }),
    other.server(() => 1),
    other.clock,
  );
  expect(empty.state).toHaveLength(0);
});

test('a machine that sleeps in the middle: what was due meanwhile is not sent in one heap, and the run ends', async () => {
  const { clock, server } = simulated();
  let slept = 0;
  const asleep: Clock = {
    now: () => clock.now() + slept,
    until: async (at) => {
      await clock.until(at - slept);
      if (at >= 50) slept = 3_600_000;
    },
  };
  const at = Float64Array.from({ length: 100 }, (_, i) => i * 10);
  const played = await play(
    planOf({ at, calls: new Int32Array(100), maxMs: 2_000, drainMs: 500 }),
    server(() => 1),
    asleep,
  );
  expect([...played.state]).toEqual([0, 0, 0, 0, 0]);
  expect([...played.scheduledMs]).toEqual([0, 10, 20, 30, 40]);
});
