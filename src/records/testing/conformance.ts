import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store, StoreRecord } from '../../contracts/index.ts';
import { digestOfBytes } from '../canonical.ts';
import { sampleRecord } from './samples.ts';

const all = async (store: Store): Promise<StoreRecord[]> => {
  const records: StoreRecord[] = [];
  for await (const record of store.records()) records.push(record);
  return records;
};

/** What every store must do, whatever it keeps its records in. `open` opens the same place again for the same folder; `join` opens it
 *  beside, where several may write. */
export const storeConformance = (
  name: string,
  open: (folder: string) => Promise<Store>,
  joinRun: ((folder: string) => Promise<Store>) | null = null,
): void => {
  describe(`${name}: store conformance`, () => {
    let folder = '';
    let stores: Store[] = [];
    const reopen = async (): Promise<Store> => {
      const store = await open(folder);
      stores.push(store);
      return store;
    };
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'steelyard-store-'));
    });
    afterEach(async () => {
      for (const store of stores) await store.close();
      stores = [];
      await rm(folder, { recursive: true, force: true });
    });

    test('a new store is empty', async () => {
      const store = await reopen();
      expect(await all(store)).toEqual([]);
      expect(await store.find(sampleRecord(1).key)).toBeNull();
    });

    test('records come back in order, equal, and after reopening', async () => {
      const records = [sampleRecord(3), sampleRecord(1), sampleRecord(2)];
      const store = await reopen();
      for (const record of records) await store.append(record);
      expect(await all(store)).toEqual(records);
      await store.close();
      expect(await all(await reopen())).toEqual(records);
    });

    test('the last record with a key is found, and both are kept', async () => {
      const store = await reopen();
      const first = sampleRecord(1);
      const second = { ...first, seconds: 99 };
      await store.append(first);
      await store.append(second);
      expect(await store.find(first.key)).toEqual(second);
      expect(await all(store)).toEqual([first, second]);
      await store.close();
      expect(await (await reopen()).find(first.key)).toEqual(second);
    });

    test('infinities survive: an unbounded interval does not become null', async () => {
      const store = await reopen();
      const record = { ...sampleRecord(1), seconds: Infinity };
      await store.append(record);
      expect(await store.find(record.key)).toEqual(record);
    });

    test('kinds and fields that this version does not know are kept', async () => {
      const store = await reopen();
      const future = { ...sampleRecord(1), kind: 'from-the-future', more: { deep: [1, { a: null }] } };
      await store.append(future as unknown as StoreRecord);
      await store.close();
      expect(await all(await reopen())).toEqual([future]);
    });

    test('what JSON cannot hold is refused, and the store goes on', async () => {
      const store = await reopen();
      await expect(store.append({ ...sampleRecord(1), extra: 1n } as unknown as StoreRecord)).rejects.toThrow('bigint');
      await store.append(sampleRecord(2));
      expect(await all(store)).toEqual([sampleRecord(2)]);
    });

    test('concurrent appends are all kept, in the order of the calls', async () => {
      const store = await reopen();
      const records = Array.from({ length: 300 }, (_, index) => sampleRecord(index));
      await Promise.all(records.map((record) => store.append(record)));
      expect(await all(store)).toEqual(records);
      expect(await Promise.all(records.map(({ key }) => store.find(key)))).toEqual(records);
    });

    test('a reader that started earlier sees whole records only', async () => {
      const store = await reopen();
      for (let index = 0; index < 20; index++) await store.append(sampleRecord(index));
      const reader = store.records()[Symbol.asyncIterator]();
      expect((await reader.next()).value).toEqual(sampleRecord(0));
      await store.append(sampleRecord(20));
      let count = 1;
      while ((await reader.next()).done !== true) count += 1;
      expect(count === 20 || count === 21).toBe(true);
    });

    test('artifacts are kept by digest, once, and come back after reopening', async () => {
      const store = await reopen();
      const bytes = Buffer.from('weights');
      const digest = await store.put(bytes);
      expect(digest).toBe(digestOfBytes('weights'));
      expect(await store.put(new Uint8Array(bytes))).toBe(digest);
      expect(await readFile(await store.path(digest), 'utf8')).toBe('weights');
      await store.close();
      const again = await reopen();
      expect(await readFile(await again.path(digest), 'utf8')).toBe('weights');
    });

    test('a file becomes the same artifact as its bytes', async () => {
      const store = await reopen();
      const file = join(folder, 'input.bin');
      const bytes = Buffer.alloc(3_000_001, 7);
      await writeFile(file, bytes);
      const digest = await store.put({ path: file });
      expect(digest).toBe(digestOfBytes(bytes));
      expect((await readFile(await store.path(digest))).equals(bytes)).toBe(true);
      expect((await readFile(file)).equals(bytes)).toBe(true);
    });

    test('a file that stays as it is becomes the same artifact, also twice', async () => {
      const store = await reopen();
      const file = join(folder, 'input.bin');
      await writeFile(file, 'weights');
      for (let times = 0; times < 2; times++)
        expect(await store.put({ path: file, still: true })).toBe(digestOfBytes('weights'));
      await rm(file);
      expect(await readFile(await store.path(digestOfBytes('weights')), 'utf8')).toBe('weights');
      await expect(store.put({ path: file, still: true })).rejects.toMatchObject({ code: 'store/missing' });
    });

    test('an artifact that is needed no more can be put again; the others stay', async () => {
      const store = await reopen();
      const [one, other] = [await store.put(Buffer.from('one')), await store.put(Buffer.from('other'))];
      await store.drop(one);
      await store.drop(one);
      await store.drop(digestOfBytes('never put'));
      expect(await readFile(await store.path(other), 'utf8')).toBe('other');
      expect(await store.put(Buffer.from('one'))).toBe(one);
      expect(await readFile(await store.path(one), 'utf8')).toBe('one');
    });

    test('finding leaves a record of its own as it is', async () => {
      const store = await reopen();
      await store.append(sampleRecord(1));
      const found = await store.find(sampleRecord(1).key, (record) => ({ ...record, seconds: -1 }));
      expect(found).toEqual(sampleRecord(1));
      expect(await all(store)).toEqual([sampleRecord(1)]);
    });

    test('empty artifacts and concurrent puts of equal bytes work', async () => {
      const store = await reopen();
      expect(await readFile(await store.path(await store.put(new Uint8Array(0))))).toHaveLength(0);
      const digests = await Promise.all(Array.from({ length: 8 }, () => store.put(Buffer.from('same'))));
      expect(new Set(digests)).toEqual(new Set([digestOfBytes('same')]));
      expect(await readFile(await store.path(digests[0]!), 'utf8')).toBe('same');
    });

    test.each([digestOfBytes('never put'), 'sha256:../../../etc/passwd', 'nonsense', ''])(
      'an unknown artifact is store/missing: %s',
      async (digest) => {
        const store = await reopen();
        await expect(store.path(digest)).rejects.toMatchObject({ code: 'store/missing' });
      },
    );

    test('a file that is gone is store/missing', async () => {
      const store = await reopen();
      await expect(store.put({ path: join(folder, 'nowhere') })).rejects.toMatchObject({ code: 'store/missing' });
    });

    test.runIf(joinRun !== null)(
      'several write at once: each in its order, each sees the others’, and nobody who reads misses one',
      async () => {
        const first = await reopen();
        const others = await Promise.all([1, 2, 3].map(() => joinRun!(folder)));
        stores.push(...others);
        const writers = [first, ...others];
        const of = (writer: number): StoreRecord[] =>
          Array.from({ length: 60 }, (_, index) => sampleRecord(1000 * writer + index, 20 * index));
        const written = Promise.all(
          writers.map(async (store, writer) => {
            // Some one by one, some at once.
            for (const record of of(writer).slice(0, 20)) await store.append(record);
            await Promise.all(
              of(writer)
                .slice(20)
                .map((record) => store.append(record)),
            );
          }),
        );
        const seen = await all(others[0]!);
        await written;
        const total = await all(first);
        expect(total.slice(0, seen.length)).toEqual(seen);
        for (const writer of writers.keys()) {
          const keys = new Set(of(writer).map(({ key }) => key));
          expect(total.filter(({ key }) => keys.has(key))).toEqual(of(writer));
        }
        expect(total).toHaveLength(4 * 60);
        for (const store of writers) expect(await store.find(sampleRecord(2059).key)).toEqual(of(2)[59]);
        const digest = await others[1]!.put(Buffer.from('shared'));
        expect(await readFile(await first.path(digest), 'utf8')).toBe('shared');
      },
    );

    test('after closing, every call is refused; closing twice is fine', async () => {
      const store = await reopen();
      await store.append(sampleRecord(1));
      await store.close();
      await store.close();
      await expect(store.append(sampleRecord(2))).rejects.toMatchObject({ code: 'store/closed' });
      await expect(store.find(sampleRecord(1).key)).rejects.toMatchObject({ code: 'store/closed' });
    });
  });
};
