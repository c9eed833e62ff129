import { expect, test } from 'vitest';
import { postgresOrSkip, startPostgres } from '../../testing/postgres.ts';
import { crashRound } from '../testing/crash.ts';

const rounds = Number(process.env['STEELYARD_CRASH_ROUNDS'] ?? 100);

test.runIf(postgresOrSkip('kill -9 of PostgreSQL, many times'))(
  'a hundred times kill -9 of PostgreSQL at random moments while four processes append',
  async () => {
    const server = await startPostgres();
    // A generator of Lehmer's: the same moments in every run of this test.
    let state = 20_261_127;
    const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
    let during = 0;
    try {
      for (let round = 0; round < rounds; round++) {
        const result = await crashRound(server, server.url, `crash ${round}`, 2000, [
          { afterRecords: 1 + random(1900), pauseMs: random(20) },
        ]);
        expect(result, `round ${round}`).toMatchObject({ lost: 0, doubled: 0, total: 2000, faults: [], owned: true });
        if (result.atKills[0]! < 2000) during += 1;
      }
    } finally {
      await server.remove();
    }
    process.stderr.write(`kill -9 of PostgreSQL: ${rounds} rounds, ${during} in the midst of writing\n`);
    expect(during).toBeGreaterThan(rounds / 2);
  },
);
