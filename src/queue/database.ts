import type { Pool } from 'pg';
import type { WorkerUtils } from 'graphile-worker';
import { SteelyardError } from '../contracts/index.ts';
import { addressOf, databaseFault, isPassing } from '../records/index.ts';
import { loadQueue } from './library.ts';
import { makeTables } from './tables.ts';

export interface Database {
  readonly pool: Pool;
  readonly utils: WorkerUtils;
  readonly graphile: typeof import('graphile-worker');
  close(): Promise<void>;
}

/** The queue says nothing by itself: what matters is told by whoever uses it. */
export const silent = (graphile: typeof import('graphile-worker')): InstanceType<typeof graphile.Logger> =>
  new graphile.Logger(() => () => undefined);

const oldest = 120_000;

/** Open the queue's end of a database and make its tables where they are missing. `connections`: the most at a time.
 *  Errors: `queue/library`; `store/url`, `store/unreachable`, `store/tls`, `store/authentication`, `store/missing`, `store/permission` (also
 *  of a read-only database), `store/no-space`, `store/too-old`. */
export const openDatabase = async (url: string, connections: number): Promise<Database> => {
  const address = addressOf(url);
  const { graphile, pg } = await loadQueue();
  const pool = new pg.Pool({
    connectionString: address.connectionString,
    max: connections,
    application_name: 'steelyard queue',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // An idle connection that breaks is made again when it is needed.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  try {
    const { rows } = await pool.query<{ version: string; number: number }>(
      "select current_setting('server_version') as version, current_setting('server_version_num')::int as number",
    );
    if (rows[0]!.number < oldest)
      throw new SteelyardError(
        'store/too-old',
        `PostgreSQL at ${address.host}:${address.port} is version ${rows[0]!.version}, the queue needs ${oldest / 10_000} or newer`,
        'use a newer server',
      );
    const utils = await graphile.makeWorkerUtils({ pgPool: pool, logger: silent(graphile) });
    await makeTables(pool);
    return {
      pool,
      utils,
      graphile,
      async close() {
        await Promise.resolve(utils.release()).catch(() => undefined);
        await pool.end();
      },
    };
  } catch (error) {
    await pool.end();
    throw databaseFault(error, address, 'opening the queue');
  }
};

/** Whether the database was away: what was asked can be asked again. */
export const isBrokenLine = (error: unknown): boolean =>
  (error as { code?: unknown }).code === 'store/unreachable' || isPassing(error);
