import type { Pool } from 'pg';
import type { WorkerUtils } from 'graphile-worker';
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

/** Open the queue's end of a database and make its tables where they are missing. `connections`: the most at a time. */
export const openDatabase = async (url: string, connections: number): Promise<Database> => {
  const { graphile, pg } = await loadQueue();
  const pool = new pg.Pool({ connectionString: url, max: connections, application_name: 'steelyard queue' });
  // An idle connection that breaks is made again when it is needed.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  try {
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
    throw error;
  }
};

const broken = new Set(
  (
    'ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH EAI_AGAIN ' +
    // Connection exceptions, shutdowns, too many connections.
    '08000 08001 08003 08004 08006 57P01 57P02 57P03 53300 store/unreachable'
  ).split(' '),
);

/** Whether the database was away: what was asked can be asked again. */
export const isBrokenLine = (error: unknown): boolean => {
  const { code = '', message = '' } = error as NodeJS.ErrnoException;
  return (
    broken.has(code) || /connection terminated|client has encountered a connection error|not queryable/i.test(message)
  );
};
