import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Milliseconds that the hypervisor gave to others while this machine wanted to run, over all CPUs, since boot.
 *  `text` is /proc/stat, whose unit is 1/100 s. 0 where the system does not say. */
export const stolenMs = (text: string): number => {
  const fields = /^cpu\s+(.*)$/m.exec(text)?.[1]?.trim().split(/\s+/) ?? [];
  const ticks = Number(fields[7] ?? 0);
  return Number.isFinite(ticks) ? ticks * 10 : 0;
};

/** The same, read now. */
export const readStolenMs = (): number => {
  try {
    return stolenMs(readFileSync('/proc/stat', 'utf8'));
  } catch {
    return 0;
  }
};

export interface Disturbance {
  readonly roundMs: number;
  readonly stolenMs: number;
  /** The most disturbed turn of the round. */
  readonly involuntarySwitches: number;
  readonly turnMs: number;
  readonly threads: number;
}

/** Share of the machine's time that others may take in one round. */
const stolenShare = 0.1;
/** A turn may lose its core once, and once more for every 10 ms and thread. */
const switchesPerMs = 0.1;

/** Whether something else ran on this machine's CPUs during a round, more than the limits allow. */
export const isDisturbed = (one: Disturbance, cores = availableParallelism()): boolean =>
  one.stolenMs > stolenShare * one.roundMs * cores ||
  one.involuntarySwitches > 1 + switchesPerMs * one.turnMs * Math.max(1, one.threads);
