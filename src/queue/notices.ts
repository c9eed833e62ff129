import type { Pool, PoolClient } from 'pg';
import { channel, type Notice } from './tables.ts';

const pauseMs = 500;

/** Hear notices as they come; a broken connection is made again, and `hear(null)` says that some may have been missed.
 *  Nobody may rely on them alone: whoever listens also looks from time to time. */
export const listen = (pool: Pool, hear: (notice: Notice | null) => void): { close(): void } => {
  let closed = false;
  let current: PoolClient | null = null;
  let timer: NodeJS.Timeout | null = null;
  const again = (): void => {
    if (closed || timer !== null) return;
    timer = setTimeout(() => {
      timer = null;
      void open();
    }, pauseMs);
  };
  const open = async (): Promise<void> => {
    try {
      const client = await pool.connect();
      if (closed) return client.release();
      current = client;
      const broken = (): void => {
        if (current !== client) return;
        current = null;
        client.release(true);
        again();
      };
      client.on('error', broken);
      client.on('end', broken);
      client.on('notification', ({ payload }) => {
        try {
          hear(JSON.parse(payload ?? '') as Notice);
        } catch {
          // Somebody else's words on our channel.
        }
      });
      await client.query(`listen ${channel}`);
      hear(null);
    } catch {
      if (current === null) again();
      else {
        const client = current;
        current = null;
        client.release(true);
        again();
      }
    }
  };
  void open();
  return {
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      const client = current;
      current = null;
      client?.release(true);
    },
  };
};
