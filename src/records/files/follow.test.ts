import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StoreRecord } from '../../contracts/index.ts';
import { followRecords } from './follow.ts';
import { openStore } from './store.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-follow-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const record = (key: string): StoreRecord =>
  ({
    kind: 'sensitivity',
    key,
    at: '2026-01-01T00:00:00.000Z',
    seconds: 1,
    chain: key,
    technique: 't',
    layers: [],
  }) as StoreRecord;

test('records come as they are appended, by another hand and while it holds the lock; half a line waits', async () => {
  const stream = followRecords(folder, { pauseMs: 1 });
  const next = async (): Promise<string | null> => (await stream.next()).value?.key ?? null;
  expect(await next()).toBeNull();
  const store = await openStore(folder);
  await store.append(record('a'));
  await store.append(record('b'));
  expect([await next(), await next(), await next()]).toEqual(['a', 'b', null]);
  await appendFile(join(folder, 'records.jsonl'), '{"half');
  expect(await next()).toBeNull();
  await stream.return(undefined);
  await store.close();
});

test('a damaged line is told, and an aborted reader stops', async () => {
  await appendFile(join(folder, 'records.jsonl'), ' a line"}\n');
  const stream = followRecords(folder, { pauseMs: 1 });
  await stream.next();
  await stream.next();
  await expect(stream.next()).rejects.toMatchObject({ code: 'store/corrupt' });
  const stopped = new AbortController();
  const other = followRecords(join(folder, 'none'), { pauseMs: 60_000, signal: stopped.signal });
  expect((await other.next()).value).toBeNull();
  const waiting = other.next();
  stopped.abort();
  expect((await waiting).done).toBe(true);
});
