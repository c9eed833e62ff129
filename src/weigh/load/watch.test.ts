import { expect, test } from 'vitest';
import { disturbance, unreadable, unrest, watch, type Watched, type WatchPlaces } from './watch.ts';

const quiet: Watched = { ms: 1000, stolenMs: 0, pressureMs: 0, throttledMs: 0, heatEvents: 0, clockJumpMs: 0 };

/** A machine that changes between its two looks. */
const machine = (
  looks: readonly Readonly<Record<string, string>>[],
  clocks: readonly (readonly [number, number])[],
): WatchPlaces => {
  let look = -1;
  return {
    // /proc/stat is what a look begins with.
    read: (path) => {
      if (path === '/proc/stat') look++;
      return looks[look]?.[path] ?? null;
    },
    now: () => clocks[look]![0],
    wall: () => clocks[look]![1],
  };
};
const files = (steal: number, pressure: number, throttled: number, heat: number): Record<string, string> => ({
  '/proc/stat': `cpu  1 2 3 4 5 6 7 ${steal} 0 0\n`,
  '/proc/self/cgroup': '0::/box\n',
  '/proc/pressure/cpu': `some avg10=1.00 avg60=1.00 avg300=1.00 total=${pressure}\nfull avg10=0.00 total=0\n`,
  '/sys/fs/cgroup/box/cpu.stat': `usage_usec 5\nnr_throttled 1\nthrottled_usec ${throttled}\n`,
  '/sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count': `${heat}\n`,
});

test('reads what happened between two looks', () => {
  const end = watch(
    machine(
      [files(10, 1_000, 0, 3), files(35, 81_000, 20_000, 4)],
      [
        [100, 5_000],
        [1_100, 6_500],
      ],
    ),
  );
  expect(end()).toEqual({ ms: 1000, stolenMs: 250, pressureMs: 80, throttledMs: 20, heatEvents: 1, clockJumpMs: 500 });
});

test('what a machine does not tell is null, and named', () => {
  const seen = watch(
    machine(
      [{}, {}],
      [
        [0, 0],
        [10, 10],
      ],
    ),
  )();
  expect(seen).toMatchObject({ stolenMs: null, pressureMs: null, throttledMs: null, heatEvents: null });
  expect(disturbance(seen)).toBeNull();
  expect(unreadable(seen)).toBe(
    'cannot be read here: stolen time, CPU pressure, throttling by quota, throttling by heat',
  );
  expect(unreadable(quiet)).toBeNull();
});

test('a run is disturbed by sleep, clocks, theft, quota and heat beyond the limits', () => {
  expect(disturbance(quiet, 2)).toBeNull();
  expect(disturbance({ ...quiet, clockJumpMs: 40 }, 2)).toBeNull();
  expect(disturbance({ ...quiet, clockJumpMs: -3_600_000 }, 2)).toMatch(/clock jumped by -3600000 ms/);
  expect(disturbance({ ...quiet, stolenMs: 190 }, 2)).toBeNull();
  expect(disturbance({ ...quiet, stolenMs: 300 }, 2)).toMatch(/15 % of the CPUs/);
  expect(disturbance({ ...quiet, throttledMs: 80 }, 2)).toMatch(/8 % of the time/);
  expect(disturbance({ ...quiet, heatEvents: 1 }, 2)).toMatch(/heat/);
  expect(unrest({ ...quiet, ms: 10_000, pressureMs: 6_000 })).toMatch(/60 %/);
  expect(unrest({ ...quiet, pressureMs: 900 })).toBeNull();
});

test('this machine can be watched', () => {
  const seen = watch()();
  expect(seen.ms).toBeGreaterThanOrEqual(0);
  expect(Math.abs(seen.clockJumpMs)).toBeLessThan(1_000);
});
