import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SharedKind } from './shareable.ts';

/** What a run did with the cache, in records. */
export interface CacheUse {
  /** Taken from the cache instead of being made. */
  readonly taken: Readonly<Record<SharedKind, number>>;
  /** Made, and left for other runs. */
  readonly kept: Readonly<Record<SharedKind, number>>;
  /** Files that were not as they had been written. */
  readonly damaged: number;
}

export interface LastUse extends CacheUse {
  /** When the run ended: ISO 8601, UTC. */
  readonly at: string;
}

const fileOf = (root: string): string => join(root, 'last-run.json');

/** Remember what the last run did with the cache. */
export const writeUse = async (root: string, use: CacheUse): Promise<void> => {
  const draft = `${fileOf(root)}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify({ at: new Date().toISOString(), ...use })}\n`);
  await rename(draft, fileOf(root));
};

/** null: no run used it yet. */
export const readUse = async (root: string): Promise<LastUse | null> => {
  try {
    return JSON.parse(await readFile(fileOf(root), 'utf8')) as LastUse;
  } catch {
    return null;
  }
};
