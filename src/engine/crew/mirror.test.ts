import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChoiceRecord, Store, StoreRecord } from '../../contracts/index.ts';
import { digestOf, openStore } from '../../records/index.ts';
import { catchUp, mirrored } from './mirror.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-mirror-'));
});
afterAll(() => rm(folder, { recursive: true }));

let count = 0;
const pair = async (elsewhere: (() => Error) | null = null) => {
  const [here, there] = await Promise.all([
    openStore(join(folder, `here-${++count}`)),
    openStore(join(folder, `there-${count}`)),
  ]);
  return { here, there, both: mirrored(here, there, elsewhere) };
};

const base = (of: string) => ({ key: digestOf({ of }), at: '2026-01-01T00:00:00.000Z', seconds: 1 });
const build = (of: string): StoreRecord => ({
  ...base(of),
  kind: 'build',
  chain: { id: of, steps: [], session: {} },
  source: digestOf({}),
  outcome: { kind: 'failed', code: 'x', message: 'x' },
});
const choice = (of: string): ChoiceRecord => ({
  ...base(of),
  kind: 'choice',
  machine: digestOf({}),
  instructionSets: [],
  candidates: [],
  chosen: of,
  nearest: null,
  why: [],
  confirmation: null,
  front: [],
});
const receipt: StoreRecord = {
  ...base('receipt'),
  kind: 'receipt',
  subject: 'a',
  machine: digestOf({}),
  outcome: { kind: 'failed', code: 'x', message: 'x' },
};
const keysIn = async (store: Store): Promise<readonly string[]> => {
  const keys: string[] = [];
  for await (const { key } of store.records()) keys.push(key);
  return keys;
};

const trial = (of: string): StoreRecord => ({
  ...base(of),
  kind: 'trial',
  search: digestOf({}),
  point: [0],
  rung: 0,
  chain: { id: of, steps: [], session: {} },
  outcome: { kind: 'failed', reason: 'x' },
  batch: 0,
});

test('a run that was killed between saying a look there and here, or lost its folder, has all looks again in their order, once', async () => {
  const { here, there, both } = await pair();
  for (const of of ['a', 'b', 'c']) await there.append(trial(of));
  await there.append(build('d'));
  await here.append(trial('a'));
  for (let times = 0; times < 2; times++) await catchUp(here, there);
  expect(await keysIn(here)).toEqual(['a', 'b', 'c'].map((of) => trial(of).key));
  await both.close();
});

test('what is found there is here from then on, under the name that it has here', async () => {
  const { here, there, both } = await pair();
  await there.append(build('a'));
  const named = (record: StoreRecord): StoreRecord => ({ ...record, seconds: 2 });
  expect(await both.find(build('a').key, named)).toMatchObject({ seconds: 2 });
  expect(await here.find(build('a').key)).toMatchObject({ seconds: 2 });
  expect(await there.find(build('a').key)).toMatchObject({ seconds: 1 });
  expect(await both.find(build('b').key)).toBeNull();
  await both.close();
});

test('a choice that a worker made already is not said twice, and one that was made before another is said again', async () => {
  const { here, there, both } = await pair();
  await there.append(choice('a'));
  await both.append(choice('a'));
  expect(await keysIn(there)).toEqual([choice('a').key]);
  await both.append(choice('b'));
  await both.append(choice('a'));
  expect(await keysIn(there)).toEqual(['a', 'b', 'a'].map((of) => choice(of).key));
  expect(await keysIn(here)).toEqual(await keysIn(there));
  await both.close();
});

test('where the run decides for another machine, nothing about this one is kept', async () => {
  const { here, there, both } = await pair(() => new Error('elsewhere'));
  await both.append(build('a'));
  await expect(both.append(receipt)).rejects.toThrow('elsewhere');
  expect([await keysIn(here), await keysIn(there)]).toEqual([[build('a').key], [build('a').key]]);
  await both.close();
});

test('an artifact that is only there comes here with its first use', async () => {
  const { here, there, both } = await pair();
  const digest = await there.put(Buffer.from('weights'));
  await expect(here.path(digest)).rejects.toMatchObject({ code: 'store/missing' });
  await both.path(digest);
  expect(await here.path(digest)).toContain('here-');
  await both.close();
});
