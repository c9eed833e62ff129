import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onDisk } from './fault.ts';
import { isStale, readHolder, thisHolder } from './holder.ts';

/** In a folder of files that are only needed while a process works: which process. */
const ownerName = 'owner';
/** As long as a beginning process may take to name itself. */
const namingMs = 60_000;

/** Whether its process is gone. Of a folder that names nobody this cannot be known. */
const isAbandoned = async (folder: string): Promise<boolean> => {
  const holder = await readHolder(join(folder, ownerName)).catch(() => null);
  return holder !== null && holder !== undefined && isStale(holder);
};

/** Remove what killed processes of this machine left below `parent`: folders whose owner is gone, and empty ones that never had one.
 *  Answers how many. */
const sweep = async (parent: string, prefix: string): Promise<number> => {
  let count = 0;
  for (const name of await readdir(parent).catch(() => [])) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(parent, name);
    if (await isAbandoned(folder)) {
      await rm(folder, { recursive: true, force: true });
      count++;
    } else if (Date.now() - ((await stat(folder).catch(() => null))?.mtimeMs ?? Date.now()) > namingMs)
      // Whatever is in it, it stays: only an empty folder can be removed in this way.
      await rmdir(folder).catch(() => undefined);
  }
  return count;
};

/** A folder for files that this process needs while it works. */
export interface ScratchFolder {
  readonly folder: string;
  /** How many folders of processes that are gone were removed. */
  readonly swept: number;
  remove(): Promise<void>;
}

/** Make `<parent>/<prefix><name>` for this process, and remove what processes left there that were killed. `prefix`: which of the folders in
 *  `parent` are ours. A folder whose process runs, runs on another machine or cannot be told stays.
 *  Errors: `store/no-space`, `store/read-only`. */
export const openScratchFolder = async (parent: string, prefix: string, name: string): Promise<ScratchFolder> => {
  const folder = join(parent, `${prefix}${name}`);
  return onDisk('making a folder for files while it works', folder, async () => {
    const swept = await sweep(parent, prefix);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, ownerName), JSON.stringify(thisHolder(randomBytes(8).toString('hex'))));
    return { folder, swept, remove: () => rm(folder, { recursive: true, force: true }) };
  });
};
