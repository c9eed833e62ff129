import { mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Places } from './places.ts';

/** A file of the cache. */
export interface CacheFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970. */
  readonly usedMs: number;
}

/** Files whose details are asked for at once. */
const together = 64;

const filesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder).catch(() => [])).map((name) => join(folder, name));

/** All files of entries or of artifacts. Those that vanish meanwhile are left out; a folder that is not there is empty. */
export const listFiles = async (root: string): Promise<readonly CacheFile[]> => {
  const found: CacheFile[] = [];
  for (const folder of await filesIn(root)) {
    const paths = await filesIn(folder);
    for (let at = 0; at < paths.length; at += together)
      await Promise.all(
        paths.slice(at, at + together).map(async (path) => {
          const stats = await stat(path).catch(() => null);
          if (stats?.isFile() === true) found.push({ path, sizeBytes: stats.size, usedMs: stats.mtimeMs });
        }),
      );
  }
  return found;
};

export const bytesOf = (files: readonly CacheFile[]): number =>
  files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

/** What writers that were killed left behind is older than any write takes. */
const draftMs = 3_600_000;
const lockMs = 60_000;

/** Be the only one that removes; answers the release, or null while another process is at it. */
const lockOf = async (root: string, nowMs: number): Promise<(() => Promise<void>) | null> => {
  const path = join(root, 'evicting');
  for (let attempt = 0; attempt < 2; attempt++)
    try {
      await mkdir(path);
      return () => rmdir(path).catch(() => undefined);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const since = (await stat(path).catch(() => null))?.mtimeMs;
      if (since !== undefined && nowMs - since <= lockMs) return null;
      // Its owner was killed.
      await rmdir(path).catch(() => undefined);
    }
  return null;
};

export interface Evicted {
  readonly files: number;
  readonly bytes: number;
  /** What is left. */
  readonly leftBytes: number;
}

/** Remove what was not used for the longest time until the cache holds at most `targetBytes`, and everything not used since `sinceMs`.
 *  An entry and its artifacts are touched together, so they leave together; a shared artifact stays with the last of its users.
 *  One process at a time; null: another one is at it. Readers are never held up: what vanishes under them is a miss. */
export const evict = async (
  places: Places,
  { targetBytes, sinceMs = 0, nowMs = Date.now() }: { targetBytes: number; sinceMs?: number; nowMs?: number },
): Promise<Evicted | null> => {
  const lock = await lockOf(places.root, nowMs);
  if (lock === null) return null;
  try {
    for (const draft of await filesIn(places.drafts)) {
      const since = (await stat(draft).catch(() => null))?.mtimeMs ?? nowMs;
      if (nowMs - since > draftMs) await rm(draft, { force: true });
    }
    const files = [...(await listFiles(places.entries)), ...(await listFiles(places.artifacts))];
    let left = bytesOf(files);
    let count = 0;
    let bytes = 0;
    for (const { path, sizeBytes, usedMs } of files.toSorted((a, b) => a.usedMs - b.usedMs)) {
      if (left <= targetBytes && usedMs >= sinceMs) break;
      await rm(path, { force: true });
      left -= sizeBytes;
      bytes += sizeBytes;
      count += 1;
    }
    return { files: count, bytes, leftBytes: left };
  } finally {
    await lock();
  }
};
