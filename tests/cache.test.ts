import { execFile } from 'node:child_process';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CacheSummary, CacheUse } from '../src/records/cache/index.ts';
import { listCache, openCache, summarizeCache, withCache } from '../src/records/cache/index.ts';
import { digestOf, openStore } from '../src/records/index.ts';
import { steelyard } from './cli.ts';
import { remove, temporary } from './tiny.ts';

let folder = '';
let cache = '';
beforeAll(async () => {
  folder = await temporary();
  cache = join(folder, 'cache');
});
afterAll(() => remove(folder));

const verb = (...words: readonly string[]) => steelyard(['cache', ...words], { env: { STEELYARD_CACHE: cache } });

/** Leave answers of `bytes` in the cache. */
const leave = async (name: string, bytes: number): Promise<void> => {
  const open = await openCache(cache);
  const store = withCache(await openStore(join(folder, name)), open);
  await store.append({
    kind: 'predict',
    key: digestOf(name),
    at: '2026-01-02T03:04:05.000Z',
    seconds: 1,
    subject: name,
    split: 'evaluation',
    labels: [],
    rows: 7,
    truncated: 0,
    artifact: await store.put(Buffer.alloc(bytes, name)),
  });
  await store.close();
  await open.close();
};

test('an empty cache, then what is in it, as a table and as JSON', async () => {
  const empty = await verb();
  expect(empty).toMatchObject({ code: 0 });
  expect(empty.out).toContain('0 B of 10.0 GB');
  await leave('first', 5000);
  await leave('second', 70_000);
  const shown = JSON.parse((await verb('--json')).out) as CacheSummary;
  expect(shown).toMatchObject({ folder: cache, entries: { predict: 2, build: 0 }, artifacts: 2, limitBytes: 10e9 });
  expect(shown.sizeBytes).toBeGreaterThan(75_000);
  expect(shown.lastRun?.kept.predict).toBe(1);
  const table = (await verb('list')).out.split('\n');
  expect(table[0]).toMatch(/^ {2}last used +kind +size +of +key$/);
  expect(table[1]).toContain('second, evaluation, 7 rows');
});

test('a limit, what is above it goes, the rest is verified', async () => {
  expect((await verb('limit', '0')).code).toBe(2);
  expect((await verb('limit', 'much')).err).toContain('usage/size');
  expect((await verb('limit', '40 kB')).out).toContain('40.0 kB');
  expect((await summarizeCache(cache)).limitBytes).toBe(40_000);
  await leave('third', 6000);
  const left = async (): Promise<string[]> => (await listCache(cache)).map(({ of }) => of.split(',')[0]!);
  expect(await left()).toEqual(['third']);
  const [name] = (await readdir(join(cache, 'artifacts'), { recursive: true })).filter((one) => one.length > 10);
  const path = join(cache, 'artifacts', name!);
  const bytes = await readFile(path);
  bytes[0]! ^= 1;
  await writeFile(path, bytes);
  const checked = await verb('verify', '--json');
  expect(checked.code).toBe(1);
  expect((JSON.parse(checked.out) as { damaged: unknown[] }).damaged).toHaveLength(2);
  expect(await left()).toEqual([]);
});

test('old ones can be removed, or all', async () => {
  await leave('fourth', 1000);
  expect((await verb('prune', '--older-than', '1h')).out).toContain('removed 0 files');
  expect((await verb('prune', '--older-than', 'ages')).code).toBe(2);
  expect((await verb('clear')).out).toContain('removed 2 files');
  expect(await listCache(cache)).toEqual([]);
  const off = await steelyard(['cache'], { env: { STEELYARD_CACHE: 'off' } });
  expect(off.code).toBe(2);
  expect(off.err).toContain('switched off');
});

test('processes that keep, take and evict at once find nothing damaged and keep to the limit', async () => {
  const script = join(import.meta.dirname, '../dist/src/records/testing/cacher.js');
  const limit = 20_000;
  const runs = await Promise.all(
    ['a', 'b', 'c'].map((name) =>
      promisify(execFile)(process.execPath, [script, join(folder, 'many'), name, String(limit)]),
    ),
  );
  const said = runs.map(({ stdout }) => JSON.parse(stdout) as { use: CacheUse; notes: string[] });
  expect(said.flatMap(({ notes }) => notes)).toEqual([]);
  for (const { use } of said) expect(use).toMatchObject({ damaged: 0 });
  expect(said.reduce((sum, { use }) => sum + use.taken.predict + use.kept.predict, 0)).toBe(3 * 3 * 12);
  const root = join(folder, 'many', 'cache');
  let bytes = 0;
  for (const part of ['entries', 'artifacts'])
    for (const one of await readdir(join(root, part), { recursive: true, withFileTypes: true }))
      if (one.isFile()) bytes += (await stat(join(one.parentPath, one.name))).size;
  expect(bytes).toBeLessThanOrEqual(limit);
});
