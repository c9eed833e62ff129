import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgresOrSkip, startPostgres, type TestPostgres } from './postgres.ts';

describe.runIf(postgresOrSkip('the throw-away PostgreSQL'))('a throw-away PostgreSQL', () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.remove());

  test('answers SQL, and what was committed survives stopping and kill -9', async () => {
    await server.database('mine');
    await server.sql('create table t (n int); insert into t values (1), (2)', 'mine');
    await server.stop();
    await expect(server.sql('select 1')).rejects.toThrow('refused');
    await server.start();
    expect(await server.sql('select n, n * 2 from t order by n', 'mine')).toBe('1|2\n2|4');
    await server.sql('insert into t values (3)', 'mine');
    await server.kill();
    await expect(server.sql('select 1')).rejects.toThrow('refused');
    await server.start();
    expect(await server.sql('select count(*) from t', 'mine')).toBe('3');
    expect(server.url).toBe(`postgres://postgres@127.0.0.1:${server.port}/postgres`);
  });

  test('leaves nothing behind, even when its process is killed', async () => {
    const url = new URL('../../dist/src/testing/postgres.js', import.meta.url).href;
    const child = `const { startPostgres } = await import('${url}');
      console.log((await startPostgres()).data);
      process.kill(process.pid, 'SIGKILL');`;
    let data = '';
    try {
      execFileSync(process.execPath, ['--input-type=module', '-e', child], { encoding: 'utf8' });
    } catch (error) {
      data = (error as { stdout: string }).stdout.trim();
    }
    expect(data).not.toBe('');
    while (existsSync(dirname(data))) await new Promise((resolve) => setTimeout(resolve, 20));
  });
});
