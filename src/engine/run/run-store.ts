import type { Context, Store } from '../../contracts/index.ts';
import { openCache, openStore, withCache } from '../../records/index.ts';
import { reuseText } from '../../report/index.ts';

/** Open the store in a run's folder, with what other runs left behind it: `cache` is the cache's folder, null: none.
 *  Closing it says what came from there, and keeps the cache to its limit.
 *  Errors: `store/…` as `openStore`; `usage/size`. A cache in trouble is only a warning. */
export const openRunStore = async (
  folder: string,
  settings: { readonly cache: string | null; readonly log?: Context['log'] | undefined },
): Promise<Store> => {
  const note = (message: string): void => settings.log?.('warn', message);
  const cache = settings.cache === null ? null : await openCache(settings.cache, { note });
  const own = await openStore(folder, { note });
  if (cache === null) return own;
  let closed = false;
  return {
    ...withCache(own, cache),
    async close() {
      if (!closed) {
        closed = true;
        try {
          const heads = [];
          for await (const { kind, key, cached } of own.records())
            heads.push({ kind, key, ...(cached === true ? { cached } : {}) });
          const said = reuseText(heads);
          if (said !== null) settings.log?.('info', `from the cache: ${said}`);
        } finally {
          await own.close();
          await cache.close();
        }
      }
    },
  };
};
