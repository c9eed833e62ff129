import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { stolenMs } from './guards.ts';

/** Where the guards look; tests have folders of their own. */
export interface WatchPlaces {
  readonly read: (path: string) => string | null;
  /** Monotonic and wall time, ms. */
  readonly now: () => number;
  readonly wall: () => number;
}

const readOrNull = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

/** This machine. */
export const thisMachine: WatchPlaces = { read: readOrNull, now: () => performance.now(), wall: Date.now };

/** What else happened on the machine during a run; null: it cannot be read here. */
export interface Watched {
  readonly ms: number;
  /** Given to others by the hypervisor, over all CPUs. */
  readonly stolenMs: number | null;
  /** Some task waited for a CPU (PSI). The kernel sums it up every 2 s. */
  readonly pressureMs: number | null;
  /** This control group was kept from running by its quota. */
  readonly throttledMs: number | null;
  /** How often a CPU was slowed down because of heat. */
  readonly heatEvents: number | null;
  /** Wall clock minus monotonic clock: set by hand or by the network, or the machine slept (the monotonic clock stands still then). */
  readonly clockJumpMs: number;
}

const number = (text: string | null, pattern: RegExp): number | null => {
  const found = text === null ? null : pattern.exec(text);
  return found === null ? null : Number(found[1]);
};

const groupOf = (text: string | null): string => /^0::(\/[^\n]*)$/m.exec(text ?? '')?.[1]?.replace(/\/$/, '') ?? '';

const snapshot = ({ read, now, wall }: WatchPlaces) => {
  const stat = read('/proc/stat');
  const cpu = `/sys/fs/cgroup${groupOf(read('/proc/self/cgroup'))}/cpu.stat`;
  const group = read(cpu) ?? read('/sys/fs/cgroup/cpu.stat');
  const pressure = number(read('/proc/pressure/cpu'), /^some .*total=(\d+)/m);
  const throttled = number(group, /^throttled_usec (\d+)$/m);
  return {
    now: now(),
    wall: wall(),
    stolenMs: stat === null ? null : stolenMs(stat),
    pressureMs: pressure === null ? null : pressure / 1000,
    throttledMs: throttled === null ? null : throttled / 1000,
    heat: number(read('/sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count'), /^(\d+)/),
  };
};

/** Begin to watch; the answer ends it. */
export const watch = (places: WatchPlaces = thisMachine): (() => Watched) => {
  const before = snapshot(places);
  const between = (after: number | null, earlier: number | null): number | null =>
    after === null || earlier === null ? null : Math.max(0, after - earlier);
  return () => {
    const after = snapshot(places);
    const ms = after.now - before.now;
    return {
      ms,
      stolenMs: between(after.stolenMs, before.stolenMs),
      pressureMs: between(after.pressureMs, before.pressureMs),
      throttledMs: between(after.throttledMs, before.throttledMs),
      heatEvents: between(after.heat, before.heat),
      clockJumpMs: after.wall - before.wall - ms,
    };
  };
};

/** Clocks are read one after the other, and the wall clock is steered a little all the time. */
const jumpLimit = (ms: number): number => 50 + 0.01 * ms;
const stolenShare = 0.1;
const throttledShare = 0.05;
const pressureShare = 0.5;

/** What makes a run worth repeating: words, or null. */
export const disturbance = (seen: Watched, cores = availableParallelism()): string | null => {
  const share = (part: number): string => `${Math.round((100 * part) / Math.max(1, seen.ms))} %`;
  if (Math.abs(seen.clockJumpMs) > jumpLimit(seen.ms))
    return `the clock jumped by ${Math.round(seen.clockJumpMs)} ms, or the machine slept`;
  if ((seen.stolenMs ?? 0) > stolenShare * seen.ms * cores)
    return `the hypervisor gave ${share(seen.stolenMs! / cores)} of the CPUs to others`;
  if ((seen.throttledMs ?? 0) > throttledShare * seen.ms)
    return `the CPU quota stopped this machine's processes for ${share(seen.throttledMs!)} of the time`;
  if ((seen.heatEvents ?? 0) > 0) return 'a CPU was slowed down because of heat';
  return null;
};

/** What was under way besides, not reason enough to repeat a run. */
export const unrest = (seen: Watched): string | null =>
  seen.ms > 4_000 && (seen.pressureMs ?? 0) > pressureShare * seen.ms
    ? `tasks waited for a CPU during ${Math.round((100 * seen.pressureMs!) / seen.ms)} % of the time`
    : null;

/** The guards that this machine does not offer, in words; null: all can be read. */
export const unreadable = (seen: Watched): string | null => {
  const names = [
    ['stolen time', seen.stolenMs],
    ['CPU pressure', seen.pressureMs],
    ['throttling by quota', seen.throttledMs],
    ['throttling by heat', seen.heatEvents],
  ] as const;
  const absent = names.filter(([, value]) => value === null).map(([name]) => name);
  return absent.length === 0 ? null : `cannot be read here: ${absent.join(', ')}`;
};
