import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = 'steelyard';
/** Who owns a folder: machine and process. Containers that share a folder have names of their own. */
const owner = (): string => `${prefix}-${hostname().replace(/[^\w.]+/g, '_')}`;

/** Younger folders stay, whoever made them. */
const patienceMs = 3_600_000;

const lives = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of somebody else lives, too.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
};

/** Remove what processes of this machine left that were killed. What cannot be looked at or removed stays. */
const sweep = async (root: string, now: number): Promise<void> => {
  const own = `${owner()}-`;
  for (const name of await readdir(root).catch(() => [])) {
    const pid = name.startsWith(own) ? Number(/^\d+(?=-)/.exec(name.slice(own.length))?.[0] ?? 0) : 0;
    if (pid === 0 || lives(pid)) continue;
    const path = join(root, name);
    const found = await stat(path).catch(() => null);
    if (found?.isDirectory() === true && now - found.mtimeMs > patienceMs)
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
};

/** Work with a folder for files that nobody needs afterwards. It goes when the work ends, however it ends; where the process was killed, with the
 *  first work an hour later. `root`: where folders are made. Errors: those of the work; of making the folder. */
export const withWorkFolder = async <T>(work: (folder: string) => Promise<T>, root = tmpdir()): Promise<T> => {
  await sweep(root, Date.now());
  const folder = await mkdtemp(join(root, `${owner()}-${process.pid}-`));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
