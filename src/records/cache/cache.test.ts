import { mkdir, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store, StoreRecord } from '../../contracts/index.ts';
import { digestOf, digestOfBytes } from '../canonical.ts';
import { openStore } from '../files/index.ts';
import { storeConformance } from '../testing/conformance.ts';
import { openCache, withCache, type Cache } from './index.ts';
import { placesOf } from './places.ts';

storeConformance('files with a cache', async (folder) =>
  withCache(await openStore(folder), await openCache(join(folder, 'cache'))),
);

let folder = '';
let root = '';
const opened: (() => Promise<void>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-cache-'));
  root = join(folder, 'cache');
});
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
  await rm(folder, { recursive: true, force: true });
});

const cacheOf = async (notes: string[] = [], limitBytes?: number): Promise<Cache> =>
  openCache(root, { note: (message) => notes.push(message), ...(limitBytes === undefined ? {} : { limitBytes }) });

const runOf = async (name: string, cache: Cache): Promise<Store> => {
  const store = withCache(await openStore(join(folder, name)), cache);
  opened.push(() => store.close());
  return store;
};

const bytesOf = (number: number, size = 1000): Buffer => Buffer.alloc(size, number);

/** A build whose file holds `size` bytes. */
const built = async (store: Store, number: number, size = 1000): Promise<StoreRecord> => ({
  kind: 'build',
  key: digestOf({ build: number }),
  at: '2026-01-02T03:04:05.000Z',
  seconds: 12,
  chain: { id: `chain ${number}`, steps: [{ technique: 'quantize/dynamic', options: {} }], session: {} },
  source: digestOf('source'),
  outcome: {
    kind: 'built',
    files: [{ name: 'model.onnx', digest: await store.put(bytesOf(number, size)), sizeBytes: size }],
    sessionOptions: {
      intraOpThreads: 1,
      interOpThreads: 1,
      graphOptimization: 'all',
      executionMode: 'sequential',
      memoryArena: true,
      memoryPattern: true,
      config: {},
    },
    steps: [],
    verification: null,
  },
});

const keyOf = (number: number): string => digestOf({ build: number });

/** Append a build in a run of its own, which ends. */
const leave = async (number: number, cache: Cache, size = 1000): Promise<void> => {
  const store = await runOf(`first-${number}`, cache);
  await store.append(await built(store, number, size));
  await store.close();
};

const artifactOf = (number: number): string => placesOf(root).artifact(digestOfBytes(bytesOf(number)))!;
const entryOf = (number: number): string => placesOf(root).entry(keyOf(number))!;
const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

describe('one run leaves, the next takes', () => {
  test('a build comes with its files, marked, under the name it has there, and the folder is complete by itself', async () => {
    const cache = await cacheOf();
    await leave(1, cache);
    const second = await runOf('second', cache);
    const named = (record: StoreRecord): StoreRecord =>
      record.kind === 'build' ? { ...record, chain: { ...record.chain, id: 'mine' } } : record;
    const found = await second.find(keyOf(1), named);
    expect(found).toMatchObject({ kind: 'build', cached: true, chain: { id: 'mine' }, seconds: 12 });
    expect(cache.use()).toMatchObject({ taken: { build: 1 }, kept: { build: 1 }, damaged: 0 });
    await second.close();
    await rm(root, { recursive: true });
    const alone = await openStore(join(folder, 'second'));
    opened.push(() => alone.close());
    expect(await alone.find(keyOf(1))).toEqual(found);
    expect(await readFile(await alone.path(digestOfBytes(bytesOf(1))))).toEqual(bytesOf(1));
  });

  test('asked many times at once, it is taken once', async () => {
    const cache = await cacheOf();
    await leave(1, cache);
    const second = await runOf('second', cache);
    await Promise.all(Array.from({ length: 8 }, () => second.find(keyOf(1))));
    const kept: StoreRecord[] = [];
    for await (const record of second.records()) kept.push(record);
    expect(kept).toHaveLength(1);
  });

  test('the same artifact of many entries is kept once', async () => {
    const cache = await cacheOf();
    const store = await runOf('first', cache);
    const one = await built(store, 1);
    await store.append(one);
    await store.append({ ...one, key: keyOf(2) });
    const files = (await readdir(join(root, 'artifacts'), { recursive: true })).filter((name) => name.length > 10);
    expect(files).toHaveLength(1);
  });

  test('an artifact that the run lost comes back from the cache', async () => {
    const cache = await cacheOf();
    const store = await runOf('first', cache);
    await store.append(await built(store, 1));
    await store.drop(digestOfBytes(bytesOf(1)));
    expect(await readFile(await store.path(digestOfBytes(bytesOf(1))))).toEqual(bytesOf(1));
    await expect(store.path(digestOfBytes('nowhere'))).rejects.toMatchObject({ code: 'store/missing' });
  });

  test('what was timed, what failed by itself and what was made elsewhere is not left', async () => {
    const cache = await cacheOf();
    const store = await runOf('first', cache);
    const build = await built(store, 1);
    if (build.kind !== 'build') throw new Error('a build');
    const measure = (timeless: boolean, kind: 'measured' | 'failed'): StoreRecord => ({
      kind: 'measure',
      key: digestOf({ timeless, kind }),
      at: build.at,
      seconds: 1,
      evaluator: 'any/one',
      evaluatorVersion: 1,
      split: 'evaluation',
      data: build.source,
      machine: build.source,
      ...(timeless ? { timeless } : {}),
      outcomes: {
        a: kind === 'measured' ? { kind, measurements: [] } : { kind, code: 'runtime/died', message: 'gone' },
      },
    });
    const failed = (code: string): StoreRecord => ({
      ...build,
      key: digestOf(code),
      outcome: { kind: 'failed', code, message: 'why' },
    });
    const others = [
      measure(false, 'measured'),
      measure(true, 'failed'),
      failed('runtime/died'),
      { ...build, key: digestOf('outside'), chain: { ...build.chain, steps: [] } },
    ];
    const left = [measure(true, 'measured'), failed('optimize/verification')];
    for (const record of [...others, ...left]) await store.append(record);
    const second = await runOf('second', cache);
    for (const { key } of others) expect(await second.find(key)).toBeNull();
    for (const record of left) expect(await second.find(record.key)).toEqual({ ...record, cached: true });
  });
});

describe('what is damaged is removed, made anew, and said once', () => {
  test('an artifact with a flipped byte', async () => {
    const notes: string[] = [];
    const cache = await cacheOf(notes);
    for (const number of [1, 2]) {
      await leave(number, cache);
      const bytes = bytesOf(number);
      bytes[500] = 255;
      await rm(artifactOf(number));
      await writeFile(artifactOf(number), bytes);
    }
    const second = await runOf('second', cache);
    for (const number of [1, 2]) expect(await second.find(keyOf(number))).toBeNull();
    expect(await isThere(artifactOf(1))).toBe(false);
    expect(await isThere(entryOf(1))).toBe(false);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain('damaged');
    expect(cache.use().damaged).toBe(2);
    await second.append(await built(second, 1));
    expect(await (await runOf('third', cache)).find(keyOf(1))).toMatchObject({ cached: true });
  });

  test.each([
    ['cut', (text: string) => text.slice(0, 100)],
    ['with another number', (text: string) => text.replace('"seconds":12', '"seconds":13')],
    ['empty', () => ''],
  ])('an entry that is %s', async (_how, damage) => {
    const notes: string[] = [];
    const cache = await cacheOf(notes);
    await leave(1, cache);
    await writeFile(entryOf(1), damage(await readFile(entryOf(1), 'utf8')));
    expect(await (await runOf('second', cache)).find(keyOf(1))).toBeNull();
    expect(await isThere(entryOf(1))).toBe(false);
    expect(notes).toHaveLength(1);
  });

  test('an entry under the name of another', async () => {
    const cache = await cacheOf();
    await leave(1, cache);
    await mkdir(join(entryOf(2), '..'), { recursive: true });
    await writeFile(entryOf(2), await readFile(entryOf(1)));
    expect(await (await runOf('second', cache)).find(keyOf(2))).toBeNull();
  });
});

describe('the limit', () => {
  test('what was not used for the longest time goes first; what a run took stays with it', async () => {
    const cache = await cacheOf([], 40_000);
    for (const number of [1, 2, 3]) {
      await leave(number, cache, 10_000);
      const past = new Date(Date.now() - 100_000 + number);
      const digest = digestOfBytes(bytesOf(number, 10_000));
      for (const path of [entryOf(number), placesOf(root).artifact(digest)!]) await utimes(path, past, past);
    }
    // The oldest is used, so the second one is the oldest now.
    const using = await runOf('using', cache);
    expect(await using.find(keyOf(1))).not.toBeNull();
    await leave(4, cache, 10_000);
    await cache.close();
    expect(await Promise.all([1, 2, 3, 4].map((number) => isThere(entryOf(number))))).toEqual([
      true,
      false,
      true,
      true,
    ]);
    await (await cacheOf([], 40_000)).close();
    const small = await cacheOf([], 15_000);
    await leave(5, small, 5000);
    await small.close();
    expect(await isThere(entryOf(1))).toBe(false);
    expect(await readFile(await using.path(digestOfBytes(bytesOf(1, 10_000))))).toEqual(bytesOf(1, 10_000));
  });

  test('an entry that would push out everything is not kept', async () => {
    const cache = await cacheOf([], 10_000);
    await leave(1, cache, 6000);
    expect(cache.use().kept.build).toBe(0);
  });

  test('it is kept to while a run goes on', async () => {
    const cache = await cacheOf([], 50_000);
    const store = await runOf('long', cache);
    for (let number = 0; number < 9; number++) await store.append(await built(store, number, 15_000));
    const files = (await readdir(root, { recursive: true, withFileTypes: true })).filter((one) => one.isFile());
    let bytes = 0;
    for (const { parentPath, name } of files) bytes += (await stat(join(parentPath, name))).size;
    expect(bytes).toBeLessThan(51_000);
    expect(bytes).toBeGreaterThan(30_000);
  });
});

test('a folder that cannot be written is said once, and the run goes on', async () => {
  await writeFile(root, 'a file where the cache should be');
  const notes: string[] = [];
  const cache = await cacheOf(notes);
  for (const number of [1, 2]) await leave(number, cache);
  const second = await runOf('second', cache);
  expect(await second.find(keyOf(1))).toBeNull();
  await cache.close();
  expect(notes).toHaveLength(1);
  expect(notes[0]).toContain('the run goes on without');
});
