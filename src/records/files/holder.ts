import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';

/** Who holds a folder. `birth` tells a process from a later one with the same pid (always 1 in many containers). */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly birth: string | null;
  readonly token: string;
}

/** Boot id and start time in clock ticks of a process; null where /proc does not say. Source: proc(5), /proc/[pid]/stat field 22. */
const birthOf = (pid: number): string | null => {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const ticks = line.slice(line.lastIndexOf(')') + 2).split(' ')[19];
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${ticks}`;
  } catch {
    return null;
  }
};

const isAlive = ({ pid, birth }: Holder): boolean => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists and belongs to someone else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = birthOf(pid);
  return birth === null || now === null || now === birth;
};

/** Whom a file names. null: it is gone; undefined: it is there, but names nobody. */
export const readHolder = async (path: string): Promise<Holder | null | undefined> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const holder = JSON.parse(text) as Holder;
    return Number.isSafeInteger(holder.pid) && holder.pid > 0 && typeof holder.token === 'string' ? holder : undefined;
  } catch {
    return undefined;
  }
};

/** This process. */
export const thisHolder = (token: string): Holder => ({
  pid: process.pid,
  host: hostname(),
  birth: birthOf(process.pid),
  token,
});

/** Whether nobody holds it any more: a process of this machine that is gone, or nobody that could be read. */
export const isStale = (holder: Holder | undefined): boolean =>
  holder === undefined || (holder.host === hostname() && !isAlive(holder));
