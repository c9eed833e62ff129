import { SteelyardError } from '../../contracts/index.ts';
import type { Supervised } from './process.ts';

/** Idle processes with the library loaded, and how long they may wait for work. */
const most = 2;
const patienceMs = 3_000;

const waiting: { readonly process: Supervised; readonly timer: NodeJS.Timeout }[] = [];

/** A process that has finished with another model, or null. */
export const takeSpare = (): Supervised | null => {
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    clearTimeout(one.timer);
    if (one.process.fault === null) return one.process;
  }
  return null;
};

/** Whether one waits. */
export const hasSpare = (): boolean => waiting.some(({ process }) => process.fault === null);

/** Keep a process for the next model; answers false when there are enough, and the caller ends it. */
export const keepSpare = (process: Supervised): boolean => {
  if (waiting.length >= most) return false;
  process.rest();
  const timer = setTimeout(() => {
    const at = waiting.findIndex((one) => one.process === process);
    if (at >= 0) waiting.splice(at, 1);
    void process.kill(new SteelyardError('runtime/closed', 'an idle process was ended'));
  }, patienceMs);
  timer.unref();
  waiting.push({ process, timer });
  return true;
};
