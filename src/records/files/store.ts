import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SteelyardError, type Store } from '../../contracts/index.ts';
import { openArtifacts, sweepDrafts, syncFolder } from './artifacts.ts';
import { onDisk } from './fault.ts';
import { openJournal } from './journal.ts';
import { lockFolder } from './lock.ts';

export interface StoreOptions {
  /** Read without a lock: for reports, also of a run that is still going on. A missing folder is an error. Default false. */
  readonly readOnly?: boolean;
  /** Hears what was mended while opening, in plain sentences. They are also in `notes`. */
  readonly note?: (message: string) => void;
}

export interface FileStore extends Store {
  readonly folder: string;
  readonly notes: readonly string[];
}

/** Open or create a run folder: `records.jsonl`, `artifacts/` and, while it is open for writing, `lock`.
 *  One process writes a run at a time; a lock whose process is gone is taken over.
 *  Errors: `store/locked` (names the process), `store/corrupt` (names file and line), `store/missing`, `store/no-space`, `store/read-only`. */
export const openStore = async (folder: string, options: StoreOptions = {}): Promise<FileStore> => {
  const root = resolve(folder);
  const readOnly = options.readOnly ?? false;
  const notes: string[] = [];
  const note = (message: string): void => {
    notes.push(message);
    options.note?.(message);
  };
  const records = join(root, 'records.jsonl');
  const artifactRoot = join(root, 'artifacts');
  if (!readOnly) await onDisk('creating the run folder', root, () => mkdir(artifactRoot, { recursive: true }));
  const release = readOnly ? async (): Promise<void> => undefined : await lockFolder(root, note);
  try {
    if (!readOnly) await sweepDrafts(artifactRoot);
    const journal = await openJournal(records, readOnly, note);
    if (!readOnly) await onDisk('creating the run folder', root, () => syncFolder(root));
    const artifacts = openArtifacts(artifactRoot, readOnly);
    let closed: Promise<void> | null = null;
    const alive = (): void => {
      if (closed !== null) throw new SteelyardError('store/closed', `the run in ${root} is closed`, 'open it again');
    };
    return {
      folder: root,
      notes,
      async append(record) {
        alive();
        if (readOnly)
          throw new SteelyardError(
            'store/read-only',
            `the run is open for reading only: ${root}`,
            'open it for writing',
          );
        await journal.append(record);
      },
      records() {
        alive();
        return journal.records();
      },
      async find(key) {
        alive();
        return journal.find(key);
      },
      async put(source) {
        alive();
        return artifacts.put(source);
      },
      async path(digest) {
        alive();
        return artifacts.path(digest);
      },
      async drop(digest) {
        alive();
        await artifacts.drop(digest);
      },
      close() {
        closed ??= journal.close().finally(release);
        return closed;
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
};
