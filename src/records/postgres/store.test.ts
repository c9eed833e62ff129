import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commonPostgres, postgresOrSkip } from '../../testing/postgres.ts';
import { openArtifacts } from '../files/index.ts';
import { openS3Artifacts } from '../s3/index.ts';
import { storeConformance } from '../testing/conformance.ts';
import { startS3Server, type S3Server } from '../testing/s3-server.ts';
import { openPostgresStore, type PostgresStore } from './index.ts';

describe.runIf(postgresOrSkip('the store in PostgreSQL'))('records in PostgreSQL', () => {
  let url = '';
  let bucket: S3Server;
  beforeAll(async () => {
    bucket = await startS3Server();
    url = await (await commonPostgres()).database('store');
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
