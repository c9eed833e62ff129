import type { Pool } from 'pg';
import { SteelyardError } from '../contracts/index.ts';

/** Do something while nothing else of ours runs on the same machine (`alone`), or beside whatever is not alone. Who waits for the machine
 *  goes before those who come later. The lock is one of the database's session: it is gone when the process or the server dies, and then
 *  `lost` is called. Errors: `engine/cancelled` when the signal aborts while it waits. */
export const onMachine = async <T>(
  pool: Pool,
  host: string,
  alone: boolean,
  signal: AbortSignal,
  lost: () => void,
  work: () => Promise<T>,
): Promise<T> => {
  const client = await pool.connect();
  let broken = false;
  let working = false;
  const breaks = (): void => {
    broken = true;
    if (working && alone) lost();
  };
  client.on('error', breaks);
  client.on('end', breaks);
  const stop = (): void => {
    // The only way to end a query that waits: end its connection.
    if (!working) void (client as unknown as { end(): Promise<void> }).end().catch(() => undefined);
  };
  signal.addEventListener('abort', stop, { once: true });
  const key = `hashtextextended('steelyard:' || $1, 0)`;
  try {
    try {
      if (signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while it waited for its machine');
      await client.query(`select pg_advisory_lock${alone ? '' : '_shared'}(${key})`, [host]);
    } catch (error) {
      if (signal.aborted)
        throw new SteelyardError('engine/cancelled', 'stopped while it waited for its machine', undefined, {
          cause: error,
        });
      throw error;
    }
    working = true;
    return await work();
  } finally {
    signal.removeEventListener('abort', stop);
    client.removeListener('error', breaks);
    client.removeListener('end', breaks);
    working = false;
    if (!broken)
      await client
        .query(`select pg_advisory_unlock${alone ? '' : '_shared'}(${key})`, [host])
        .catch(() => (broken = true));
    client.release(broken);
  }
};
