import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SteelyardError, type Digest, type Store } from '../../contracts/index.ts';
import type { Artifacts } from '../artifacts.ts';
import { digestOfBytes } from '../canonical.ts';
import { diskFault, onDisk } from './fault.ts';

const digestForm = /^sha256:([0-9a-f]{64})$/;
const pieceBytes = 1 << 20;

/** Make a new name durable: sync its folder. Some file systems cannot; then the name is as durable as they make it. */
export const syncFolder = async (folder: string): Promise<void> => {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, 'r');
    await handle.sync();
  } catch (error) {
    if (!['EINVAL', 'EISDIR', 'EPERM', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await handle?.close();
  }
};

/** The digest of a file's content. Memory: one megabyte. */
export const digestOfFile = async (path: string): Promise<Digest> => {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: pieceBytes })) hash.update(piece as Buffer);
  return `sha256:${hash.digest('hex')}`;
};

type Source = Parameters<Store['put']>[0];

async function* pieces(source: Source): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) {
    for (let at = 0; at < source.length; at += pieceBytes) yield source.subarray(at, at + pieceBytes);
    return;
  }
  try {
    yield* createReadStream(source.path, { highWaterMark: pieceBytes }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw diskFault(error, 'reading a file to keep', source.path);
  }
}

/** Make a still file appear at `draft` without copying it, its bytes on the disk. False where the disk cannot. */
const linked = async (path: string, draft: string): Promise<boolean> => {
  try {
    await link(path, draft);
  } catch (error) {
    // Another disk, too many links, a file system without links, a file of somebody else: copying does.
    if (['EXDEV', 'EMLINK', 'EPERM', 'EACCES', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return false;
    throw diskFault(error, 'reading a file to keep', path);
  }
  const handle = await open(draft, 'r');
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
  return true;
};

/** Remove what killed writers left half written, where it is older than this: in a folder of one writer, all of it. */
export const sweepDrafts = async (root: string, olderThanMs = 0): Promise<void> => {
  const folder = join(root, 'drafts');
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const age = olderThanMs === 0 ? 0 : Date.now() - (await stat(path).catch(() => ({ mtimeMs: Infinity }))).mtimeMs;
    if (age >= olderThanMs) await rm(path, { force: true });
  }
};

/** How long a name that another machine made may stay unseen here, and how often to look. */
const lookTimes = 10;
const lookPauseMs = 100;

/** Artifacts as files under `<first two hex>/<sha256>` of a folder. Writes go to a draft, are synced and renamed, so a name never shows a part of a file.
 *  `shared`: other machines use the folder too (NFS and the like). Then a file that is there is not replaced under its readers, nothing
 *  is dropped, and a name that is not seen at once is looked for a little longer.
 *  Memory: one megabyte whatever the size. A file is read back and compared with its digest at its first use in a process.
 *  Errors: `store/missing`, `store/corrupt`, `store/no-space`, `store/read-only`. */
export const openArtifacts = (root: string, readOnly: boolean, shared = false): Artifacts => {
  const verified = new Map<Digest, Promise<void>>();

  const placeOf = (digest: Digest): string => {
    const hex = digestForm.exec(digest)?.[1];
    if (hex === undefined)
      throw new SteelyardError(
        'store/missing',
        `"${digest}" is not a digest, expected sha256: and 64 hex digits`,
        'the record that names it was changed; start a new run with --out',
      );
    return join(root, hex.slice(0, 2), hex);
  };

  const check = async (digest: Digest, place: string): Promise<void> => {
    const found = await onDisk('checking an artifact', place, () => digestOfFile(place));
    if (found !== digest)
      throw new SteelyardError(
        'store/corrupt',
        `${place}: the content has digest ${found}, expected ${digest}`,
        'the file was changed or damaged after it was written; delete it and run again to build it anew',
      );
  };

  const isThere = async (place: string): Promise<boolean> =>
    (await stat(place).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw diskFault(error, 'looking for an artifact', place);
    })) !== null;

  /** Listing its folder makes a network file system look anew. */
  const appears = async (place: string): Promise<boolean> => {
    for (let times = 0; times < lookTimes; times++) {
      await readdir(dirname(place)).catch(() => []);
      if (await isThere(place)) return true;
      await sleep(lookPauseMs);
    }
    return false;
  };

  return {
    async put(source) {
      if (readOnly)
        throw new SteelyardError('store/read-only', `the run is open for reading only: ${root}`, 'open it for writing');
      if (source instanceof Uint8Array) {
        const digest = digestOfBytes(source);
        if (verified.has(digest) && (await isThere(placeOf(digest)))) return digest;
      }
      const drafts = join(root, 'drafts');
      const draft = join(drafts, randomBytes(8).toString('hex'));
      return onDisk('keeping an artifact', draft, async () => {
        await mkdir(drafts, { recursive: true });
        const settle = async (digest: Digest): Promise<Digest> => {
          const place = placeOf(digest);
          await mkdir(dirname(place), { recursive: true });
          if (shared && (await isThere(place)) && (await digestOfFile(place)) === digest) {
            await rm(draft, { force: true });
            verified.set(digest, Promise.resolve());
            return digest;
          }
          // Over an equal file this changes nothing, over a damaged one it heals.
          await rename(draft, place);
          await syncFolder(dirname(place));
          verified.set(digest, Promise.resolve());
          return digest;
        };
        if (!(source instanceof Uint8Array) && source.still === true && (await linked(source.path, draft)))
          try {
            return await settle(await digestOfFile(draft));
          } finally {
            // Renaming one name of a file to another of the same leaves both.
            await rm(draft, { force: true });
          }
        const handle = await open(draft, 'wx', 0o644);
        try {
          const hash = createHash('sha256');
          for await (const piece of pieces(source)) {
            hash.update(piece);
            for (let done = 0; done < piece.length;)
              done += (await handle.write(piece, done, piece.length - done)).bytesWritten;
          }
          await handle.datasync();
          await handle.close();
          return await settle(`sha256:${hash.digest('hex')}`);
        } catch (error) {
          await handle.close().catch(() => undefined);
          await rm(draft, { force: true });
          throw error;
        }
      });
    },
    async path(digest) {
      const place = placeOf(digest);
      if (!(await isThere(place)) && !(shared && (await appears(place))))
        throw new SteelyardError(
          'store/missing',
          `artifact ${digest} is not in ${root}`,
          'was the run folder copied without its artifacts? Run again to build it anew',
        );
      let checking = verified.get(digest);
      if (checking === undefined) {
        checking = check(digest, place);
        verified.set(digest, checking);
        checking.catch(() => verified.delete(digest));
      }
      await checking;
      return place;
    },
    async drop(digest) {
      if (readOnly || shared || !digestForm.test(digest)) return;
      verified.delete(digest);
      const place = placeOf(digest);
      await onDisk('dropping an artifact', place, () => rm(place, { force: true }));
    },
  };
};
