import { afterEach, beforeAll } from 'vitest';
import type { Store, StoreRecord } from '../../contracts/index.ts';
import { commonPostgres, type TestPostgres } from '../../testing/postgres.ts';
import { openArtifacts, openPostgresStore, type PostgresStore, type PostgresStoreOptions } from '../index.ts';

/** All records of a store. */
export const all = async (store: Store): Promise<StoreRecord[]> => {
  const records: StoreRecord[] = [];
  for await (const record of store.records()) records.push(record);
  return records;
};

/** A database of a test file's own, and a run's name that each test has to itself. */
export interface PostgresRuns {
  server: TestPostgres;
  readonly database: string;
  url: string;
  run: string;
  /** Open the test's run; closed after the test. */
  open(options?: Partial<PostgresStoreOptions>): Promise<PostgresStore>;
}

/** Call it inside of a `describe` that asked `postgresOrSkip`. */
export const postgresRuns = (database: string): PostgresRuns => {
  let stores: PostgresStore[] = [];
  let tests = 0;
  const runs: PostgresRuns = {
    server: undefined as unknown as TestPostgres,
    database,
    url: '',
    run: 'run 0',
    async open(options = {}) {
      const store = await openPostgresStore({
        url: runs.url,
        run: runs.run,
        artifacts: openArtifacts('unused', true),
        ...options,
      });
      stores.push(store);
      return store;
    },
  };
  beforeAll(async () => {
    runs.server = await commonPostgres();
    runs.url = await runs.server.database(database);
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    stores = [];
    runs.run = `run ${++tests}`;
  });
  return runs;
};
