import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { postgresOrSkip } from '../../testing/postgres.ts';
import { all, postgresRuns } from '../testing/postgres-runs.ts';
import { sampleRecord } from '../testing/samples.ts';
import { loadDriver } from './driver.ts';
import { runLock } from './schema.ts';

describe.runIf(postgresOrSkip('whose run in PostgreSQL it is'))('whose run in PostgreSQL it is', () => {
  const at = postgresRuns('runs');
  test('a second owner is store/locked, naming process, machine and since when; others may join and read', async () => {
    const owner = await at.open();
    await expect(at.open()).rejects.toMatchObject({
      code: 'store/locked',
      message: expect.stringMatching(
        new RegExp(
          `"${at.run}".*process ${process.pid} on ${hostname()}.*since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC`,
        ),
      ) as string,
      hint: expect.stringContaining(`kill ${process.pid}`) as string,
    });
    const worker = await at.open({ access: 'join' });
    const reader = await at.open({ access: 'read' });
    await worker.append(sampleRecord(1));
    expect(await all(reader)).toEqual([sampleRecord(1)]);
    await expect(reader.append(sampleRecord(2))).rejects.toMatchObject({ code: 'store/read-only' });
    await expect(reader.put(Buffer.from('x'))).rejects.toMatchObject({ code: 'store/read-only' });
    await owner.close();
    await (await at.open()).close();
  });

  test('of many that open a run at once, one owns it', async () => {
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => at.open({ access: 'new' })));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'store/exists' });
  });

  test('two runs with the same name: the second that wants to be new is store/exists, with where and since when', async () => {
    await (await at.open({ access: 'new' })).close();
    await expect(at.open({ access: 'new' })).rejects.toMatchObject({
      code: 'store/exists',
      message: expect.stringMatching(
        new RegExp(`"${at.run}" in database ${at.database} at 127.0.0.1:${at.server.port}, begun 20`),
      ) as string,
      hint: expect.stringContaining('--resume') as string,
    });
    await (await at.open({ access: 'own' })).close();
  });

  test.each(['join', 'read'] as const)('to %s a run that is not there is store/missing', async (access) => {
    await expect(at.open({ access })).rejects.toMatchObject({ code: 'store/missing' });
  });

  test.each(['', 'a\0b', 'x'.repeat(201)])('a name that no run can have is store/name', async (run) => {
    await expect(at.open({ run })).rejects.toMatchObject({ code: 'store/name' });
  });

  test('an owner whose connection was ended has its run back at once', async () => {
    const notes: string[] = [];
    const owner = await at.open({ note: (message) => notes.push(message) });
    for (let times = 0; times < 3; times++) {
      await at.server.sql(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'steelyard own ${at.run}'`,
      );
      await owner.append(sampleRecord(times));
      await expect(at.open()).rejects.toMatchObject({ code: 'store/locked' });
    }
    expect(await all(owner)).toEqual([0, 1, 2].map((number) => sampleRecord(number)));
  });

  test('an owner that lost its run to another one writes no more', async () => {
    const owner = await at.open();
    await owner.append(sampleRecord(1));
    const { Client } = await loadDriver();
    const other = new Client({ connectionString: at.url });
    await other.connect();
    try {
      const name = at.run;
      const { rows } = await other.query<{ id: number }>('select id from steelyard.runs where name = $1', [name]);
      const taken = other.query('select pg_advisory_lock($1, $2)', [runLock, rows[0]!.id]);
      // It waits for the lock, so it has it the moment that the owner's connection ends.
      while (
        (await at.server.sql(`select count(*) from pg_locks where locktype = 'advisory' and not granted`)) !== '1'
      );
      await at.server.sql(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'steelyard own ${name}'`,
      );
      await taken;
      await other.query(
        `update steelyard.runs set owner_token = gen_random_uuid(), owner_pid = 12, owner_host = 'elsewhere' where name = $1`,
        [name],
      );
      await expect(owner.append(sampleRecord(2))).rejects.toMatchObject({
        code: 'store/locked',
        message: expect.stringContaining('process 12 on elsewhere') as string,
      });
    } finally {
      await other.end();
    }
    await owner.append(sampleRecord(3));
    expect(await all(owner)).toEqual([sampleRecord(1), sampleRecord(3)]);
  });
});
