import { execFileSync } from 'node:child_process';
import { chown, mkdtemp, rm, stat } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { postgresOrSkip } from '../../testing/postgres.ts';
import { all, postgresRuns } from '../testing/postgres-runs.ts';
import { sampleRecord } from '../testing/samples.ts';

describe.runIf(postgresOrSkip('what is kept in PostgreSQL'))('what is kept in PostgreSQL', () => {
  const at = postgresRuns('kept');
  test('large records come back, in pages that do not add up', async () => {
    const store = await at.open();
    const records = Array.from({ length: 12 }, (_, index) => sampleRecord(index, index % 3 === 0 ? 3_000_000 : 10));
    await Promise.all(records.map((record) => store.append(record)));
    expect(await all(store)).toEqual(records);
  });

  test('a changed record is store/corrupt and names its number', async () => {
    const store = await at.open();
    for (const number of [1, 2]) await store.append(sampleRecord(number));
    await at.server.sql(
      `update steelyard.records set body = replace(body, '"seconds":0.25', '"seconds":0.75')
       where seq = 2 and run = (select id from steelyard.runs where name = '${at.run}')`,
      at.database,
    );
    const corrupt = {
      code: 'store/corrupt',
      message: expect.stringContaining(`record 2 of run "${at.run}"`) as string,
    };
    await expect(all(store)).rejects.toMatchObject(corrupt);
    await expect(store.find(sampleRecord(2).key)).rejects.toMatchObject(corrupt);
    expect(await store.find(sampleRecord(1).key)).toEqual(sampleRecord(1));
  });

  test('an append whose answer was lost is not there twice', async () => {
    let lose = 0;
    // A way to the server that loses what it answers to an append.
    const proxy = createServer((near) => {
      const far = connect(at.server.port, '127.0.0.1');
      let asked = false;
      near.on('data', (data: Buffer) => {
        asked ||= data.includes(sampleRecord(2).key);
        far.write(data);
      });
      far.on('data', (data: Buffer) => {
        if (asked && lose > 0) {
          lose -= 1;
          near.destroy();
        } else near.write(data);
      });
      for (const socket of [near, far]) {
        socket.on('error', () => undefined);
        socket.on('close', () => [near, far].forEach((one) => one.destroy()));
      }
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = proxy.address() as AddressInfo;
      const notes: string[] = [];
      const store = await at.open({
        url: `postgres://postgres@127.0.0.1:${port}/${at.database}`,
        note: (message) => notes.push(message),
      });
      lose = 2;
      await Promise.all([1, 2, 3].map((number) => store.append(sampleRecord(number))));
      expect(lose).toBe(0);
      expect(await all(store)).toEqual([1, 2, 3].map((number) => sampleRecord(number)));
      expect(notes.join('; ')).toMatch(/trying again.*answers again/);
      await store.close();
    } finally {
      proxy.close();
    }
  });

  test('a run that was deleted meanwhile is store/missing', async () => {
    const store = await at.open({ access: 'own' });
    await at.server.sql(`delete from steelyard.runs where name = '${at.run}'`, at.database);
    await expect(store.append(sampleRecord(1))).rejects.toMatchObject({ code: 'store/missing' });
  });

  test('a full disk is store/no-space, what was written stays, and it goes on when there is space', async () => {
    const small = await mkdtemp(join(tmpdir(), 'steelyard-small-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=777', 'tmpfs', small], { stdio: 'ignore' });
    } catch {
      process.stderr.write('skipped: a full disk under PostgreSQL: no permission to mount one\n');
      return;
    }
    const { uid, gid } = await stat(at.server.data);
    await chown(small, uid, gid);
    const full = await at.server.database('full');
    try {
      const store = await at.open({ url: full });
      await at.server.sql(`create tablespace small location '${small}'`);
      await at.server.sql(
        `alter table steelyard.records alter column body set storage external;
         alter table steelyard.records set tablespace small`,
        'full',
      );
      let refused: unknown = null;
      let kept = 0;
      for (let number = 0; number < 200 && refused === null; number++)
        await store.append(sampleRecord(number, 200_000)).then(
          () => (kept += 1),
          (error: unknown) => (refused = error),
        );
      expect(refused).toMatchObject({
        code: 'store/no-space',
        message: expect.stringContaining(`127.0.0.1:${at.server.port}`) as string,
      });
      await at.server.sql('alter table steelyard.records set tablespace pg_default', 'full');
      expect(await all(store)).toHaveLength(kept);
      await store.append(sampleRecord(1000));
      await store.close();
    } finally {
      await at.server.sql('drop database "full" with (force)');
      await at.server.sql('drop tablespace if exists small');
      execFileSync('umount', [small]);
      await rm(small, { recursive: true });
    }
  });
});
