import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgresOrSkip, startPostgres, type TestPostgres } from '../testing/postgres.ts';
import { anyWorker, overview } from './index.ts';
import { handsAt, ordersOf, testMachine } from './testing/hands.ts';

const faultOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );

test('a database that nobody listens for is store/unreachable for senders, workers and lookers-on, and the password is not in it', async () => {
  const url = 'postgres://anna:hunter2@127.0.0.1:1/runs';
  const hands = handsAt(url);
  const faults = [
    await faultOf(overview(url)),
    await faultOf(hands.sender('a')),
    await faultOf(hands.hire(() => Promise.resolve()).ended),
  ];
  for (const fault of faults)
    expect(fault).toMatchObject({
      code: 'store/unreachable',
      message: expect.stringContaining('127.0.0.1:1') as string,
    });
  expect(inspect(faults, { depth: 9 })).not.toContain('hunter2');
  expect(await faultOf(overview('mysql://db/x'))).toMatchObject({ code: 'store/url' });
});

describe.runIf(postgresOrSkip('who may use the queue'))('who may use the queue', () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres({ settings: { fsync: 'off' } });
    await server.sql(`create role anna login password 'correct horse'`);
    const hba = join(server.data, 'pg_hba.conf');
    await writeFile(hba, `host all anna 127.0.0.1/32 scram-sha-256\n${await readFile(hba, 'utf8')}`);
    await server.sql('select pg_reload_conf()');
  });
  afterAll(() => server.remove());

  test('a wrong password is store/authentication, and no error holds it; a database that is not there is store/missing', async () => {
    const url = `postgres://anna:hunter2@127.0.0.1:${server.port}/postgres`;
    const fault = await faultOf(overview(url));
    expect(fault).toMatchObject({
      code: 'store/authentication',
      message: expect.stringContaining('anna') as string,
    });
    expect(inspect(fault, { depth: 9 })).not.toContain('hunter2');
    expect(await faultOf(overview(server.url.replace(/postgres$/, 'nowhere')))).toMatchObject({
      code: 'store/missing',
    });
  });

  test('no worker, and one of another version, are told apart, with what was asked for and both versions', async () => {
    const hands = handsAt(server.url);
    const dispatch = await hands.sender('nobody', undefined, 0.2);
    expect(await faultOf(dispatch.somebody({ ...anyWorker, labels: { site: 'lab' } }))).toMatchObject({
      code: 'queue/no-worker',
      message: expect.stringMatching(/label site=lab.*no worker is there/) as string,
    });
    await dispatch.close();
    // It came while there was no work, so it stays; then there is.
    const early = hands.hire(() => Promise.resolve(), {
      version: '0.9.0',
      name: 'old',
      machine: testMachine('sha256:a'),
    });
    const again = await hands.sender('versions', undefined, 0);
    while ((await again.workers()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const [mine, its] = await Promise.all([faultOf(again.perform(ordersOf(['a']))), faultOf(early.ended)]);
    expect(its).toMatchObject({
      code: 'queue/version',
      message: expect.stringMatching(/0\.9\.0.*1\.0\.0/) as string,
    });
    // Whether it has left by the time that the sender gives up decides which of these is said.
    expect(['queue/version', 'queue/no-worker']).toContain((mine as { code: string }).code);
    await again.close();
  });
});
