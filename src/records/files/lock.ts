import { randomBytes } from 'node:crypto';
import { link, mkdir, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { SteelyardError } from '../../contracts/index.ts';
import { onDisk } from './fault.ts';
import { isStale, readHolder, thisHolder, type Holder } from './holder.ts';

const locked = (folder: string, path: string, holder: Holder): SteelyardError =>
  holder.host === hostname()
    ? new SteelyardError(
        'store/locked',
        `the run in ${folder} is being written by process ${holder.pid}`,
        `wait until it ends or stop it (kill ${holder.pid}), or write to another folder with --out`,
      )
    : new SteelyardError(
        'store/locked',
        `the run in ${folder} is being written by process ${holder.pid} on ${holder.host}`,
        `if that process is gone, delete ${path} and try again`,
      );

/** A lock whose owner died is removed by one contender only: the one that made the folder `lock.takeover`. */
const removeStale = async (path: string): Promise<void> => {
  const takeover = `${path}.takeover`;
  try {
    await mkdir(takeover);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // Its owner holds it for a moment only; older than this, it was killed in between.
    const age = Date.now() - (await stat(takeover).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > 30_000) await rmdir(takeover).catch(() => undefined);
    else await new Promise((resolve) => setTimeout(resolve, 20));
    return;
  }
  try {
    const holder = await readHolder(path);
    if (holder !== null && isStale(holder)) await unlink(path);
  } finally {
    await rmdir(takeover).catch(() => undefined);
  }
};

/** Make this process the only writer of a run folder. Returns the release.
 *  A lock left by a dead process is taken over; `onTakeover` hears of it.
 *  Errors: `store/locked` naming the process that holds it; `store/read-only`, `store/no-space`. */
export const lockFolder = (folder: string, onTakeover: (note: string) => void): Promise<() => Promise<void>> => {
  const path = join(folder, 'lock');
  return onDisk('locking the run', path, async () => {
    const token = randomBytes(8).toString('hex');
    const mine = thisHolder(token);
    const draft = `${path}.${token}`;
    await writeFile(draft, JSON.stringify(mine), { flag: 'wx' });
    try {
      for (let attempt = 0; attempt < 500; attempt++) {
        try {
          await link(draft, path);
          return async (): Promise<void> => {
            const holder = await readHolder(path);
            if (holder?.token === token) await rm(path, { force: true });
          };
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        }
        const holder = await readHolder(path);
        if (holder === null) continue;
        if (!isStale(holder)) throw locked(folder, path, holder!);
        await removeStale(path);
        if (holder !== undefined) onTakeover(`took over the run from process ${holder.pid}, which is gone`);
      }
    } finally {
      await rm(draft, { force: true });
    }
    throw new SteelyardError('store/locked', `the lock ${path} cannot be taken`, `delete ${path} and try again`);
  });
};
