import { expect, test } from 'vitest';
import { postgresOrSkip, startPostgres } from '../../testing/postgres.ts';
import { crashRound } from '../testing/crash.ts';

test.runIf(postgresOrSkip('kill -9 of PostgreSQL'))(
  'kill -9 of PostgreSQL while four processes append: nothing that was acknowledged is lost, nothing is there twice',
  async () => {
    const server = await startPostgres();
    try {
      const round = await crashRound(server, server.url, 'crash', 800, [
        { afterRecords: 100, pauseMs: 0 },
        { afterRecords: 300, pauseMs: 7 },
      ]);
      expect(round).toMatchObject({ lost: 0, doubled: 0, total: 800, faults: [], owned: true });
      expect(round.atKills.every((count) => count < 800)).toBe(true);
    } finally {
      await server.remove();
    }
  },
);
