import { readFileSync, writeFileSync } from 'node:fs';

/** How a process's memory is divided. Units: bytes. */
export interface ProcessMemory {
  /** Written or mapped by this process alone: what another one beside it costs anew. */
  readonly privateBytes: number;
  /** Mapped from files and libraries that others may map too: page cache that the system may take back. */
  readonly sharedBytes: number;
  /** Private, and the shared parts divided by the number of processes that share them. */
  readonly proportionalBytes: number;
}

/** The text of /proc/PID/smaps_rollup. null when it is not one. */
export const parseRollup = (text: string): ProcessMemory | null => {
  const kilobytes = (key: string): number => {
    const found = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text);
    return found === null ? Number.NaN : Number(found[1]) * 1024;
  };
  const memory = {
    privateBytes: kilobytes('Private_Clean') + kilobytes('Private_Dirty'),
    sharedBytes: kilobytes('Shared_Clean') + kilobytes('Shared_Dirty'),
    proportionalBytes: kilobytes('Pss'),
  };
  return Object.values(memory).some(Number.isNaN) ? null : memory;
};

/** A process's memory now; null where the system does not say. Source: proc(5), smaps_rollup. */
export const processMemory = (pid: number): ProcessMemory | null => {
  try {
    return parseRollup(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  } catch {
    return null;
  }
};

/** Let the process's highest resident set (VmHWM) begin anew; false where that is not possible. Source: proc(5), clear_refs, value 5. */
export const resetPeak = (pid: number): boolean => {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
    return true;
  } catch {
    return false;
  }
};
