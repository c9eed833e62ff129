import { basename, join } from 'node:path';
import { beforeAll, describe } from 'vitest';
import { commonPostgres, postgresOrSkip } from '../../testing/postgres.ts';
import { openArtifacts } from '../files/index.ts';
import { storeConformance } from '../testing/conformance.ts';
import { openPostgresStore } from './index.ts';

describe.runIf(postgresOrSkip('the store in PostgreSQL'))('records in PostgreSQL', () => {
  let url = '';
  beforeAll(async () => {
    url = await (await commonPostgres()).database('store');
  });

  storeConformance('PostgreSQL and a folder', (folder) =>
    openPostgresStore({ url, run: basename(folder), artifacts: openArtifacts(join(folder, 'artifacts'), false) }),
  );
});
