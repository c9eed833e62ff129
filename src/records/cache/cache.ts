import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, copyFile, link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Digest, Store, StoreRecord } from '../../contracts/index.ts';
import { readLine, writeLine } from '../files/line.ts';
import { evict } from './files.ts';
import { limitOf } from './limit.ts';
import { placesOf } from './places.ts';
import { artifactsOf, shareable, type SharedKind } from './shareable.ts';
import { writeUse, type CacheUse } from './use.ts';

export interface CacheOptions {
  /** Hears what a user should know, each thing once: a damaged entry, a disk that is full. */
  readonly note?: (message: string) => void;
  /** Default: the cache's own limit (see `limitOf`). */
  readonly limitBytes?: number;
}

/** What runs leave for each other. Nothing that goes wrong with it is an error of the run: the run does the work itself. */
export interface Cache {
  readonly folder: string;
  readonly limitBytes: number;
  /** The record with this key, with its artifacts checked and brought into `store`; null: not here. */
  take(key: Digest, store: Store): Promise<StoreRecord | null>;
  /** Leave a record and its artifacts for other runs, where it is one that they may use. */
  keep(record: StoreRecord, store: Store): Promise<void>;
  /** Bring one artifact into `store`. */
  fetch(digest: Digest, store: Store): Promise<boolean>;
  use(): CacheUse;
  /** Keep to the limit. */
  close(): Promise<void>;
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';
const isGone = (error: unknown): boolean => ['ENOENT', 'ENOTDIR', 'store/missing'].includes(codeOf(error));
const none = (): Record<SharedKind, number> => ({ build: 0, step: 0, predict: 0, measure: 0 });

/** Of the limit, what one process adds before it looks whether all together are above it. */
const unseenShare = 0.1;
/** Of the limit, what one entry may take: a larger one would push out everything else. */
const entryShare = 0.5;

/** Open the cache in a folder, which is made when the first entry is kept. Any number of processes may use it at once: files appear whole
 *  (written aside and renamed), readers take no lock, and a run holds a link or a copy of its own of all it took.
 *  Errors: `usage/size` when `$STEELYARD_CACHE_LIMIT` is not a size. */
export const openCache = async (folder: string, options: CacheOptions = {}): Promise<Cache> => {
  const places = placesOf(resolve(folder));
  const limitBytes = options.limitBytes ?? (await limitOf(places.root));
  const taken = none();
  const kept = none();
  let damaged = 0;
  let addedBytes = 0;
  let full = false;
  const said = new Set<string>();
  const sayOnce = (what: string, message: string): void => {
    if (said.has(what)) return;
    said.add(what);
    options.note?.(message);
  };
  const unreadable = (error: unknown): void =>
    sayOnce(
      'read',
      `the cache in ${places.root} cannot be read (${(error as Error).message}): what it holds is made anew`,
    );

  /** One warning for all: what is damaged is made anew. */
  const discard = async (path: string, why: string): Promise<void> => {
    damaged += 1;
    sayOnce('damaged', `the cache held something damaged, which was removed and is made anew: ${path}: ${why}`);
    await rm(path, { force: true }).catch(() => undefined);
  };

  const touch = async (paths: readonly string[]): Promise<void> => {
    const now = new Date();
    // A cache that may only be read serves without knowing when it was used.
    for (const path of paths) await utimes(path, now, now).catch(() => undefined);
  };

  const bring = async (digest: Digest, store: Store): Promise<boolean> => {
    const path = places.artifact(digest);
    if (path === null) return false;
    try {
      await access(path, constants.R_OK);
    } catch (error) {
      if (!isGone(error)) unreadable(error);
      return false;
    }
    let found: Digest;
    try {
      found = await store.put({ path, still: true });
    } catch (error) {
      // Evicted in between.
      if (isGone(error)) return false;
      throw error;
    }
    if (found === digest) return true;
    await store.drop(found);
    await discard(path, `its content has digest ${found}`);
    return false;
  };

  const readEntry = async (key: Digest, path: string): Promise<StoreRecord | null> => {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (!isGone(error)) unreadable(error);
      return null;
    }
    const parsed = readLine(text.trimEnd());
    if (parsed.ok && parsed.record.key === key && shareable(parsed.record)) return parsed.record;
    await discard(path, parsed.ok ? 'it is not the entry that its name says' : parsed.why);
    return null;
  };

  /** Write aside, then show it whole. */
  const appear = async (path: string, write: (draft: string) => Promise<void>): Promise<void> => {
    await mkdir(places.drafts, { recursive: true, mode: 0o700 });
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const draft = join(places.drafts, randomBytes(8).toString('hex'));
    try {
      await write(draft);
      await rename(draft, path);
    } finally {
      await rm(draft, { force: true });
    }
  };

  const keepFile = async (from: string, path: string): Promise<void> => {
    if ((await stat(path).catch(() => null)) !== null) return;
    await appear(path, async (draft) => {
      try {
        await link(from, draft);
      } catch (error) {
        if (!['EXDEV', 'EMLINK', 'EPERM', 'EACCES', 'ENOTSUP'].includes(codeOf(error))) throw error;
        await copyFile(from, draft);
      }
    });
  };

  /** Answers false while another process is at it. */
  const fit = async (): Promise<boolean> => {
    if ((await evict(places, { targetBytes: limitBytes })) === null) return false;
    addedBytes = 0;
    return true;
  };

  return {
    folder: places.root,
    limitBytes,
    async take(key, store) {
      const path = places.entry(key);
      const record = path === null ? null : await readEntry(key, path);
      if (path === null || record === null) return null;
      const digests = artifactsOf(record);
      for (const digest of digests)
        if (!(await bring(digest, store))) {
          await rm(path, { force: true }).catch(() => undefined);
          return null;
        }
      await touch([path, ...digests.map((digest) => places.artifact(digest)!)]);
      taken[record.kind as SharedKind] += 1;
      return record;
    },
    async keep(record, store) {
      const path = places.entry(record.key);
      if (full || path === null || record.cached === true || !shareable(record)) return;
      try {
        const line = writeLine(record);
        let bytes = Buffer.byteLength(line);
        const files: (readonly [from: string, to: string])[] = [];
        for (const digest of artifactsOf(record)) {
          const [from, to] = [await store.path(digest), places.artifact(digest)];
          if (to === null) return;
          bytes += (await stat(from)).size;
          files.push([from, to]);
        }
        if (bytes > limitBytes * entryShare) return;
        for (const [from, to] of files) await keepFile(from, to);
        await appear(path, (draft) => writeFile(draft, line));
        await touch([path, ...files.map(([, to]) => to)]);
        kept[record.kind] += 1;
        addedBytes += bytes;
        if (addedBytes > limitBytes * unseenShare) await fit();
      } catch (error) {
        full = true;
        sayOnce(
          'write',
          `nothing more is kept in the cache in ${places.root} (${(error as Error).message}): the run goes on without`,
        );
      }
    },
    fetch: bring,
    use: () => ({ taken: { ...taken }, kept: { ...kept }, damaged }),
    async close() {
      try {
        // The other one may have looked before the last entries of this one were there.
        for (let attempt = 0; addedBytes > 0 && attempt < 40 && !(await fit()); attempt++)
          await new Promise((resolve) => setTimeout(resolve, 25));
        if ([...Object.values(taken), ...Object.values(kept)].some((count) => count > 0))
          await writeUse(places.root, { taken, kept, damaged });
      } catch (error) {
        sayOnce('write', `the cache in ${places.root} cannot be tidied (${(error as Error).message})`);
      }
    },
  };
};
