import type { Store, StoreRecord } from '../../contracts/index.ts';

/** Append a record unless the newest of its kind says the same: what was true before another machine's turn is said again after it. */
export const appendNewest = async (store: Store, record: StoreRecord): Promise<void> => {
  let newest: string | null = null;
  for await (const { kind, key } of store.records()) if (kind === record.kind) newest = key;
  if (newest !== record.key) await store.append(record);
};
