import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { postgresOrSkip, startPostgres } from '../testing/postgres.ts';
import { handsAt, ordersOf } from './testing/hands.ts';

test.runIf(postgresOrSkip('the queue and an outage of its database'))(
  'a worker whose job ends while the database is away lives on, and the job is done in the end',
  async () => {
    const server = await startPostgres({ settings: { fsync: 'off' } });
    const hands = handsAt(server.url);
    try {
      let end: () => void = () => undefined;
      const first = new Promise<void>((resolve) => (end = resolve));
      const tries: string[] = [];
      const worker = hands.hire(
        async ({ key }) => {
          tries.push(key);
          if (tries.length === 1) await first;
        },
        { lapseSeconds: 0.5 },
      );
      const dispatch = await hands.sender('outage', undefined, 30);
      const performing = dispatch.perform(ordersOf(['a', 'b']));
      while (tries.length === 0) await sleep(10);
      await server.kill();
      end();
      await sleep(300);
      await server.start();
      expect(await performing).toEqual([]);
      expect(new Set(tries)).toEqual(new Set(['a', 'b']));
      await dispatch.close();
      await worker.stop();
    } finally {
      await hands.close();
      await server.remove();
    }
  },
);
