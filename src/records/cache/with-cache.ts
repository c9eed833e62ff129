import { isSteelyardError, type Digest, type Store, type StoreRecord } from '../../contracts/index.ts';
import type { Cache } from './cache.ts';

/** A run's store that looks into a cache before it says that something is not there, and leaves what the run makes for others.
 *  What it takes becomes the run's own: the record marked `cached`, the artifacts as links or copies. So a run's folder is complete by
 *  itself, and the cache may lose anything at any time. Closing the store leaves the cache open: it is its opener's.
 *  Errors: those of the store; a cache in trouble only says so. */
export const withCache = (store: Store, cache: Cache): Store => {
  const taking = new Map<Digest, Promise<StoreRecord | null>>();
  const take = async (key: Digest, named: (record: StoreRecord) => StoreRecord): Promise<StoreRecord | null> => {
    const found = await cache.take(key, store);
    if (found === null) return null;
    const record: StoreRecord = { ...named(found), cached: true };
    await store.append(record);
    return record;
  };
  return {
    async append(record) {
      await store.append(record);
      await cache.keep(record, store);
    },
    records: () => store.records(),
    async find(key, named = (record) => record) {
      const own = await store.find(key);
      if (own !== null) return own;
      const before = taking.get(key);
      if (before !== undefined) return before;
      const now = take(key, named).finally(() => taking.delete(key));
      taking.set(key, now);
      return now;
    },
    put: (source) => store.put(source),
    async path(digest) {
      try {
        return await store.path(digest);
      } catch (error) {
        // The run's own is gone or damaged: the cache may have another.
        const mends = isSteelyardError(error) && (error.code === 'store/missing' || error.code === 'store/corrupt');
        if (mends && (await cache.fetch(digest, store))) return store.path(digest);
        throw error;
      }
    },
    drop: (digest) => store.drop(digest),
    close: () => store.close(),
  };
};
