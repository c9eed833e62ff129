import { readFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SteelyardError, type Digest, type StoreRecord } from '../../contracts/index.ts';
import { digestOfFile } from '../files/artifacts.ts';
import { onDisk } from '../files/fault.ts';
import { readLine } from '../files/line.ts';
import { bytesOf, evict, listFiles, type CacheFile, type Evicted } from './files.ts';
import { limitOf } from './limit.ts';
import { placesOf } from './places.ts';
import { artifactsOf, shareable, sharedKinds, type SharedKind } from './shareable.ts';
import { readUse, type LastUse } from './use.ts';

/** An entry as a user looks at it. */
export interface CacheEntry {
  readonly key: Digest;
  readonly kind: SharedKind;
  /** What it is of: a chain, a version, an evaluator. */
  readonly of: string;
  /** The entry and its artifacts, shared ones too. */
  readonly sizeBytes: number;
  /** Last use: ISO 8601, UTC. */
  readonly used: string;
}

export interface CacheSummary {
  readonly folder: string;
  readonly sizeBytes: number;
  readonly limitBytes: number;
  readonly entries: Readonly<Record<SharedKind, number>>;
  readonly artifacts: number;
  readonly lastRun: LastUse | null;
}

const titleOf = (record: StoreRecord): string => {
  switch (record.kind) {
    case 'build':
      return record.chain.id;
    case 'step':
      return record.steps.map(({ technique }) => technique).join(' + ');
    case 'predict':
      return `${record.subject}, ${record.split}, ${record.rows} rows`;
    case 'measure':
      return `${record.evaluator}, ${record.split}, ${Object.keys(record.outcomes).length} versions`;
    default:
      return '';
  }
};

type Read = { readonly file: CacheFile } & (
  | { readonly ok: true; readonly record: Extract<StoreRecord, { kind: SharedKind }> }
  | { readonly ok: false; readonly why: string }
);

async function* readEntries(root: string): AsyncGenerator<Read> {
  for (const file of await listFiles(placesOf(root).entries)) {
    const text = await readFile(file.path, 'utf8').catch(() => null);
    // Evicted meanwhile.
    if (text === null) continue;
    const parsed = readLine(text.trimEnd());
    if (!parsed.ok) yield { file, ok: false, why: parsed.why };
    else if (!shareable(parsed.record) || placesOf(root).entry(parsed.record.key) !== file.path)
      yield { file, ok: false, why: 'it is not the entry that its name says' };
    else yield { file, ok: true, record: parsed.record };
  }
}

/** What a cache holds. A folder that is not there is an empty cache. */
export const summarizeCache = async (folder: string): Promise<CacheSummary> => {
  const root = resolve(folder);
  const entries = Object.fromEntries(sharedKinds.map((kind) => [kind, 0])) as Record<SharedKind, number>;
  let entryBytes = 0;
  for await (const one of readEntries(root)) {
    entryBytes += one.file.sizeBytes;
    if (one.ok) entries[one.record.kind] += 1;
  }
  const artifacts = await listFiles(placesOf(root).artifacts);
  return {
    folder: root,
    sizeBytes: entryBytes + bytesOf(artifacts),
    limitBytes: await limitOf(root),
    entries,
    artifacts: artifacts.length,
    lastRun: await readUse(root),
  };
};

/** Every entry, the last used first. */
export const listCache = async (folder: string): Promise<readonly CacheEntry[]> => {
  const root = resolve(folder);
  const places = placesOf(root);
  const sizes = new Map((await listFiles(places.artifacts)).map(({ path, sizeBytes }) => [path, sizeBytes]));
  const found: CacheEntry[] = [];
  for await (const one of readEntries(root)) {
    if (!one.ok) continue;
    const { file, record } = one;
    const own = [...new Set(artifactsOf(record))].reduce(
      (sum, digest) => sum + (sizes.get(places.artifact(digest) ?? '') ?? 0),
      0,
    );
    found.push({
      key: record.key,
      kind: record.kind,
      of: titleOf(record),
      sizeBytes: file.sizeBytes + own,
      used: new Date(file.usedMs).toISOString(),
    });
  }
  return found.toSorted((a, b) => (a.used < b.used ? 1 : -1));
};

export interface CacheCheck {
  readonly entries: number;
  readonly artifacts: number;
  /** What was removed, and why: runs make it anew. */
  readonly damaged: readonly { readonly path: string; readonly why: string }[];
}

/** Read everything, compare it with its digest, and remove what differs, with the entries that need it. */
export const verifyCache = async (folder: string): Promise<CacheCheck> => {
  const root = resolve(folder);
  const places = placesOf(root);
  const damaged: { path: string; why: string }[] = [];
  const discard = async (path: string, why: string): Promise<void> => {
    damaged.push({ path, why });
    await onDisk('removing what is damaged', path, () => rm(path, { force: true }));
  };
  const whole = new Set<string>();
  for (const { path } of await listFiles(places.artifacts)) {
    const found = await digestOfFile(path).catch((error: unknown) => String((error as Error).message));
    if (places.artifact(found) === path) whole.add(path);
    else await discard(path, `its content has digest ${found}`);
  }
  let entries = 0;
  for await (const one of readEntries(root)) {
    if (!one.ok) {
      await discard(one.file.path, one.why);
      continue;
    }
    const missing = artifactsOf(one.record).find((digest) => !whole.has(places.artifact(digest) ?? ''));
    if (missing === undefined) entries += 1;
    else await discard(one.file.path, `it needs ${missing}, which is not there`);
  }
  return { entries, artifacts: whole.size, damaged };
};

/** Remove what was not used for the longest time, down to a size, and what was not used since a moment.
 *  Errors: `store/locked` while another process removes. */
export const pruneCache = async (
  folder: string,
  to: { readonly targetBytes?: number | undefined; readonly sinceMs?: number | undefined },
): Promise<Evicted> => {
  const root = resolve(folder);
  const targetBytes = to.targetBytes ?? (to.sinceMs === undefined ? await limitOf(root) : Number.POSITIVE_INFINITY);
  const evicted = await onDisk('removing old entries', root, () =>
    evict(placesOf(root), { targetBytes, sinceMs: to.sinceMs ?? 0 }),
  );
  if (evicted === null)
    throw new SteelyardError('store/locked', `another process is removing from ${root}`, 'try again in a moment');
  return evicted;
};

/** Remove everything but the limit. Runs that are going on keep what they took. */
export const clearCache = (folder: string): Promise<Evicted> =>
  pruneCache(folder, { targetBytes: 0, sinceMs: Number.POSITIVE_INFINITY });
