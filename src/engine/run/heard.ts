import type { Store, StoreRecord } from '../../contracts/index.ts';

/** A store whose records somebody hears: first those that are there, then each as it is appended. */
export const heard = async (store: Store, hear: ((record: StoreRecord) => void) | undefined): Promise<Store> => {
  if (hear === undefined) return store;
  for await (const record of store.records()) hear(record);
  return {
    ...store,
    async append(record) {
      await store.append(record);
      hear(record);
    },
  };
};
