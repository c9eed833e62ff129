import { execFileSync } from 'node:child_process';
import { chown, cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Store, StoreRecord } from '../../contracts/index.ts';
import { commonPostgres, postgresOrSkip, type TestPostgres } from '../../testing/postgres.ts';
import { openArtifacts } from '../files/index.ts';
import { openS3Artifacts } from '../s3/index.ts';
import { storeConformance } from '../testing/conformance.ts';
import { startS3Server, type S3Server } from '../testing/s3-server.ts';
import { sampleRecord } from '../testing/samples.ts';
import { loadDriver, openPostgresStore, type PostgresStore, type PostgresStoreOptions } from './index.ts';
import { checkServer, runLock } from './schema.ts';
import { addressOf } from './address.ts';

const artifacts = openArtifacts('unused', true);
const all = async (store: Store): Promise<StoreRecord[]> => {
  const records: StoreRecord[] = [];
  for await (const record of store.records()) records.push(record);
  return records;
};

describe.runIf(postgresOrSkip('the store in PostgreSQL'))('records in PostgreSQL', () => {
  let server: TestPostgres;
  let url = '';
  let bucket: S3Server;
  beforeAll(async () => {
    [server, bucket] = await Promise.all([commonPostgres(), startS3Server()]);
    url = await server.database('store');
  });
  afterAll(() => bucket.close());

  const inFolder = (folder: string, access: 'own' | 'join'): Promise<PostgresStore> =>
    openPostgresStore({
      url,
      run: basename(folder),
      artifacts: openArtifacts(join(folder, 'artifacts'), false, true),
      access,
    });
  storeConformance(
    'PostgreSQL and a folder',
    (folder) => inFolder(folder, 'own'),
    (folder) => inFolder(folder, 'join'),
  );
  let machines = 0;
  const inBucket = (folder: string, access: 'own' | 'join'): Promise<PostgresStore> =>
    openPostgresStore({
      url,
      run: basename(folder),
      artifacts: openS3Artifacts({
        url: `s3://bucket/${basename(folder)}?endpoint=${bucket.endpoint}`,
        cache: join(folder, `machine ${++machines}`),
        environment: bucket.keys,
      }),
      access,
    });
  storeConformance(
    'PostgreSQL and S3',
    (folder) => inBucket(folder, 'own'),
    (folder) => inBucket(folder, 'join'),
  );

  let runs = 0;
  let open: PostgresStore[] = [];
  const openRun = async (options: Partial<PostgresStoreOptions> = {}): Promise<PostgresStore> => {
    const store = await openPostgresStore({ url, run: `run ${runs}`, artifacts, ...options });
    open.push(store);
    return store;
  };
  afterEach(async () => {
    for (const store of open) await store.close();
    open = [];
    runs += 1;
  });

  describe('whose run it is', () => {
    test('a second owner is store/locked, naming process, machine and since when; others may join and read', async () => {
      const owner = await openRun();
      await expect(openRun()).rejects.toMatchObject({
        code: 'store/locked',
        message: expect.stringMatching(
          new RegExp(
            `"run ${runs}".*process ${process.pid} on ${hostname()}.*since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC`,
          ),
        ) as string,
        hint: expect.stringContaining(`kill ${process.pid}`) as string,
      });
      const worker = await openRun({ access: 'join' });
      const reader = await openRun({ access: 'read' });
      await worker.append(sampleRecord(1));
      expect(await all(reader)).toEqual([sampleRecord(1)]);
      await expect(reader.append(sampleRecord(2))).rejects.toMatchObject({ code: 'store/read-only' });
      await expect(reader.put(Buffer.from('x'))).rejects.toMatchObject({ code: 'store/read-only' });
      await owner.close();
      await (await openRun()).close();
    });

    test('of many that open a run at once, one owns it', async () => {
      const results = await Promise.allSettled(Array.from({ length: 6 }, () => openRun({ access: 'new' })));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'store/exists' });
    });

    test('two runs with the same name: the second that wants to be new is store/exists, with where and since when', async () => {
      await (await openRun({ access: 'new' })).close();
      await expect(openRun({ access: 'new' })).rejects.toMatchObject({
        code: 'store/exists',
        message: expect.stringMatching(
          new RegExp(`"run ${runs}" in database store at 127.0.0.1:${server.port}, begun 20`),
        ) as string,
        hint: expect.stringContaining('--resume') as string,
      });
      await (await openRun({ access: 'own' })).close();
    });

    test.each(['join', 'read'] as const)('to %s a run that is not there is store/missing', async (access) => {
      await expect(openRun({ access })).rejects.toMatchObject({ code: 'store/missing' });
    });

    test.each(['', 'a\0b', 'x'.repeat(201)])('a name that no run can have is store/name', async (run) => {
      await expect(openRun({ run })).rejects.toMatchObject({ code: 'store/name' });
    });

    test('an owner whose connection was ended has its run back at once', async () => {
      const notes: string[] = [];
      const owner = await openRun({ note: (message) => notes.push(message) });
      for (let times = 0; times < 3; times++) {
        await server.sql(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'steelyard own run ${runs}'`,
        );
        await owner.append(sampleRecord(times));
        await expect(openRun()).rejects.toMatchObject({ code: 'store/locked' });
      }
      expect(await all(owner)).toEqual([0, 1, 2].map((number) => sampleRecord(number)));
    });

    test('an owner that lost its run to another one writes no more', async () => {
      const owner = await openRun();
      await owner.append(sampleRecord(1));
      const { Client } = await loadDriver();
      const other = new Client({ connectionString: url });
      await other.connect();
      try {
        const name = `run ${runs}`;
        const { rows } = await other.query<{ id: number }>('select id from steelyard.runs where name = $1', [name]);
        const taken = other.query('select pg_advisory_lock($1, $2)', [runLock, rows[0]!.id]);
        // It waits for the lock, so it has it the moment that the owner's connection ends.
        while ((await server.sql(`select count(*) from pg_locks where locktype = 'advisory' and not granted`)) !== '1');
        await server.sql(
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

  describe('what is kept', () => {
    test('large records come back, in pages that do not add up', async () => {
      const store = await openRun();
      const records = Array.from({ length: 12 }, (_, index) => sampleRecord(index, index % 3 === 0 ? 3_000_000 : 10));
      await Promise.all(records.map((record) => store.append(record)));
      expect(await all(store)).toEqual(records);
    });

    test('a changed record is store/corrupt and names its number', async () => {
      const store = await openRun();
      for (const number of [1, 2]) await store.append(sampleRecord(number));
      await server.sql(
        `update steelyard.records set body = replace(body, '"seconds":0.25', '"seconds":0.75')
         where seq = 2 and run = (select id from steelyard.runs where name = 'run ${runs}')`,
        'store',
      );
      const corrupt = {
        code: 'store/corrupt',
        message: expect.stringContaining(`record 2 of run "run ${runs}"`) as string,
      };
      await expect(all(store)).rejects.toMatchObject(corrupt);
      await expect(store.find(sampleRecord(2).key)).rejects.toMatchObject(corrupt);
      expect(await store.find(sampleRecord(1).key)).toEqual(sampleRecord(1));
    });

    test('an append whose answer was lost is not there twice', async () => {
      let lose = 0;
      // A way to the server that loses what it answers to an append.
      const proxy = createServer((near) => {
        const far = connect(server.port, '127.0.0.1');
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
        const store = await openRun({
          url: `postgres://postgres@127.0.0.1:${port}/store`,
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
      const store = await openRun({ access: 'own' });
      await server.sql(`delete from steelyard.runs where name = 'run ${runs}'`, 'store');
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
      const { uid, gid } = await stat(server.data);
      await chown(small, uid, gid);
      const full = await server.database('full');
      try {
        const store = await openRun({ url: full });
        await server.sql(`create tablespace small location '${small}'`);
        await server.sql(
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
          message: expect.stringContaining(`127.0.0.1:${server.port}`) as string,
        });
        await server.sql('alter table steelyard.records set tablespace pg_default', 'full');
        expect(await all(store)).toHaveLength(kept);
        await store.append(sampleRecord(1000));
        await store.close();
      } finally {
        await server.sql('drop database "full" with (force)');
        await server.sql('drop tablespace if exists small');
        execFileSync('umount', [small]);
        await rm(small, { recursive: true });
      }
    });
  });

  describe('databases that do not fit', () => {
    const as = (user: string, database = 'store', more = ''): string =>
      `postgres://${user}@127.0.0.1:${server.port}/${database}${more}`;

    test('several that make the tables at once', async () => {
      const fresh = await server.database('fresh');
      const stores = await Promise.all(
        Array.from({ length: 5 }, (_, index) => openRun({ url: fresh, run: `fresh ${index}` })),
      );
      await Promise.all(stores.map((store) => store.append(sampleRecord(1))));
      expect(await server.sql('select version from steelyard.version', 'fresh')).toBe('1');
    });

    test('tables of a newer steelyard are store/too-new, of an older one store/too-old for readers: both versions named', async () => {
      const other = await server.database('versions');
      await (await openRun({ url: other })).close();
      await server.sql('insert into steelyard.version (version) values (9)', 'versions');
      await expect(openRun({ url: other })).rejects.toMatchObject({
        code: 'store/too-new',
        message: expect.stringMatching(/version 9, .* up to 1$/) as string,
      });
      await server.sql(
        'delete from steelyard.version; insert into steelyard.version (version) values (-1)',
        'versions',
      );
      await expect(openRun({ url: other, access: 'read' })).rejects.toMatchObject({
        code: 'store/too-old',
        message: expect.stringMatching(/version -1, .* needs 1$/) as string,
      });
    });

    test('a server that is too old is store/too-old, both versions named', () => {
      expect(() => checkServer(130_000, addressOf(url))).not.toThrow();
      expect(() => checkServer(120_022, addressOf(url))).toThrow(
        expect.objectContaining({
          code: 'store/too-old',
          message: expect.stringMatching(/version 12, and 13/) as string,
        }),
      );
    });

    test('an empty database has no runs to read: store/missing, and nothing is made', async () => {
      const empty = await server.database('empty');
      await expect(openRun({ url: empty, access: 'read' })).rejects.toMatchObject({ code: 'store/missing' });
      expect(await server.sql(`select to_regclass('steelyard.runs')`, 'empty')).toBe('');
    });

    test('roles that may not write are store/permission; they may read', async () => {
      await server.sql(
        `create role guest login; create role careful login; alter role careful set default_transaction_read_only = on;
         grant usage on schema steelyard to guest, careful; grant select on all tables in schema steelyard to guest, careful`,
        'store',
      );
      const owner = await openRun();
      await owner.append(sampleRecord(1));
      for (const user of ['guest', 'careful']) {
        await expect(openRun({ url: as(user), run: 'another' })).rejects.toMatchObject({
          code: 'store/permission',
          message: expect.stringMatching(user === 'guest' ? /user guest/ : /read-only/) as string,
        });
        expect(await all(await openRun({ url: as(user), access: 'read' }))).toEqual([sampleRecord(1)]);
      }
      await server.database('bare');
      await expect(openRun({ url: as('guest', 'bare') })).rejects.toMatchObject({ code: 'store/permission' });
    });

    test('a database that is not there is store/missing with the command that makes it', async () => {
      await expect(openRun({ url: as('postgres', 'nowhere') })).rejects.toMatchObject({
        code: 'store/missing',
        hint: expect.stringContaining(`createdb -h 127.0.0.1 -p ${server.port} nowhere`) as string,
      });
    });

    test('a wrong password is store/authentication, and no error or note ever holds it', async () => {
      await server.sql(`create role anna login password 'correct horse'`);
      const hba = join(server.data, 'pg_hba.conf');
      await writeFile(hba, `host all anna 127.0.0.1/32 scram-sha-256\n${await readFile(hba, 'utf8')}`);
      await server.sql('select pg_reload_conf()');
      const notes: string[] = [];
      const note = (message: string): void => void notes.push(message);
      const errors: unknown[] = [];
      for (const login of ['anna:hunter2', 'anna', 'bertha:hunter2']) {
        const error: unknown = await openRun({ url: as(login), note }).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({
          code: 'store/authentication',
          message: expect.stringContaining(login.split(':')[0]!) as string,
        });
        errors.push(error);
      }
      const gone = `postgres://anna:hunter2@127.0.0.1:1/store`;
      const unreachable: unknown = await openRun({ url: gone, note, patienceSeconds: 0.2 }).catch(
        (thrown: unknown) => thrown,
      );
      expect(unreachable).toMatchObject({
        code: 'store/unreachable',
        message: expect.stringContaining('127.0.0.1:1') as string,
      });
      expect(notes.join()).toContain('127.0.0.1:1');
      expect(inspect([notes, errors, unreachable], { depth: 9 })).not.toContain('hunter2');
    });

    test('without TLS there, sslmode=require is store/tls', async () => {
      await expect(openRun({ url: as('postgres', 'store', '?sslmode=require') })).rejects.toMatchObject({
        code: 'store/tls',
      });
    });
  });
});

test('without the driver, the error says what to install', async () => {
  const place = await mkdtemp(join(tmpdir(), 'steelyard-bare-'));
  try {
    const dist = join(import.meta.dirname, '../../../dist/src');
    for (const room of ['contracts', 'records']) await cp(join(dist, room), join(place, room), { recursive: true });
    const script = `import { openPostgresStore } from './records/postgres/index.js';
      await openPostgresStore({ url: 'postgres://a@b/c', run: 'r' }).catch((error) => console.log(error.code, error.hint));`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: place,
      encoding: 'utf8',
    });
    expect(said).toMatch(/^store\/driver npm install pg@8 /);
  } finally {
    await rm(place, { recursive: true });
  }
});
