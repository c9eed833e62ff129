import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { postgresOrSkip } from '../../testing/postgres.ts';
import { all, postgresRuns } from '../testing/postgres-runs.ts';
import { sampleRecord } from '../testing/samples.ts';
import { addressOf } from './address.ts';
import { isPassing, isStarting } from './fault.ts';
import { checkServer } from './schema.ts';

describe.runIf(postgresOrSkip('databases that do not fit'))('databases that do not fit', () => {
  const at = postgresRuns('unfit');
  const as = (user: string, database = at.database, more = ''): string =>
    `postgres://${user}@127.0.0.1:${at.server.port}/${database}${more}`;

  test('several that make the tables at once', async () => {
    const fresh = await at.server.database('fresh');
    const stores = await Promise.all(
      Array.from({ length: 5 }, (_, index) => at.open({ url: fresh, run: `fresh ${index}` })),
    );
    await Promise.all(stores.map((store) => store.append(sampleRecord(1))));
    expect(await at.server.sql('select version from steelyard.version', 'fresh')).toBe('1');
  });

  test('tables of a newer steelyard are store/too-new, of an older one store/too-old for readers: both versions named', async () => {
    const other = await at.server.database('versions');
    await (await at.open({ url: other })).close();
    await at.server.sql('insert into steelyard.version (version) values (9)', 'versions');
    await expect(at.open({ url: other })).rejects.toMatchObject({
      code: 'store/too-new',
      message: expect.stringMatching(/version 9, .* up to 1$/) as string,
    });
    await at.server.sql(
      'delete from steelyard.version; insert into steelyard.version (version) values (-1)',
      'versions',
    );
    await expect(at.open({ url: other, access: 'read' })).rejects.toMatchObject({
      code: 'store/too-old',
      message: expect.stringMatching(/version -1, .* needs 1$/) as string,
    });
  });

  test('a server that is too old is store/too-old, both versions named', () => {
    expect(() => checkServer(130_000, addressOf(at.url))).not.toThrow();
    expect(() => checkServer(120_022, addressOf(at.url))).toThrow(
      expect.objectContaining({
        code: 'store/too-old',
        message: expect.stringMatching(/version 12, and 13/) as string,
      }),
    );
  });

  test('an empty database has no runs to read: store/missing, and nothing is made', async () => {
    const empty = await at.server.database('empty');
    await expect(at.open({ url: empty, access: 'read' })).rejects.toMatchObject({ code: 'store/missing' });
    expect(await at.server.sql(`select to_regclass('steelyard.runs')`, 'empty')).toBe('');
  });

  test('roles that may not write are store/permission; they may read', async () => {
    const owner = await at.open();
    await owner.append(sampleRecord(1));
    await at.server.sql(
      `create role guest login; create role careful login; alter role careful set default_transaction_read_only = on;
       grant usage on schema steelyard to guest, careful; grant select on all tables in schema steelyard to guest, careful`,
      at.database,
    );
    for (const user of ['guest', 'careful']) {
      await expect(at.open({ url: as(user), run: 'another' })).rejects.toMatchObject({
        code: 'store/permission',
        message: expect.stringMatching(user === 'guest' ? /user guest/ : /read-only/) as string,
      });
      expect(await all(await at.open({ url: as(user), access: 'read' }))).toEqual([sampleRecord(1)]);
    }
    await at.server.database('bare');
    await expect(at.open({ url: as('guest', 'bare') })).rejects.toMatchObject({ code: 'store/permission' });
  });

  test('a database that is not there is store/missing with the command that makes it', async () => {
    await expect(at.open({ url: as('postgres', 'nowhere') })).rejects.toMatchObject({
      code: 'store/missing',
      hint: expect.stringContaining(`createdb -h 127.0.0.1 -p ${at.server.port} nowhere`) as string,
    });
  });

  test('a wrong password is store/authentication, and no error or note ever holds it', async () => {
    await at.server.sql(`create role anna login password 'correct horse'`);
    const hba = join(at.server.data, 'pg_hba.conf');
    await writeFile(hba, `host all anna 127.0.0.1/32 scram-sha-256\n${await readFile(hba, 'utf8')}`);
    await at.server.sql('select pg_reload_conf()');
    const notes: string[] = [];
    const note = (message: string): void => void notes.push(message);
    const errors: unknown[] = [];
    for (const login of ['anna:hunter2', 'anna', 'bertha:hunter2']) {
      const error: unknown = await at.open({ url: as(login), note }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'store/authentication',
        message: expect.stringContaining(login.split(':')[0]!) as string,
      });
      errors.push(error);
    }
    const gone = `postgres://anna:hunter2@127.0.0.1:1/${at.database}`;
    const unreachable: unknown = await at
      .open({ url: gone, note, patienceSeconds: 0.2 })
      .catch((thrown: unknown) => thrown);
    expect(unreachable).toMatchObject({
      code: 'store/unreachable',
      message: expect.stringContaining('127.0.0.1:1') as string,
    });
    expect(notes.join()).toContain('127.0.0.1:1');
    expect(inspect([notes, errors, unreachable], { depth: 9 })).not.toContain('hunter2');
  });

  test('without TLS there, sslmode=require is store/tls', async () => {
    await expect(at.open({ url: as('postgres', at.database, '?sslmode=require') })).rejects.toMatchObject({
      code: 'store/tls',
    });
  });
});

test('a server that says that it is starting is told from one that nobody answers at', () => {
  const starting = Object.assign(new Error('the database system is starting up'), { code: '57P03' });
  const nobody = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
  expect([starting, nobody].map(isPassing)).toEqual([true, true]);
  expect([starting, nobody].map(isStarting)).toEqual([true, false]);
});
