import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { conclude } from '../src/engine/choose/conclude.ts';
import { contendersOf } from '../src/engine/search/contenders.ts';
import { openRun } from '../src/engine/run/open-run.ts';
import { prepare } from '../src/engine/run/prepare.ts';
import { openArtifacts, openPostgresStore, openStore } from '../src/records/index.ts';
import { commonPostgres, postgresOrSkip, type TestPostgres } from '../src/testing/postgres.ts';
import { findingsOf, killAtWork, search, start, type Findings, type Process } from './crew.ts';
import { remove, temporary, tinyJob } from './tiny.ts';

/** The same run without a queue, and without what is about time: the choice is by size. */
const undisturbed = async (scenario: string, folder: string): Promise<Findings> => {
  const prepared = await prepare({ scenario });
  const evaluators = prepared.evaluators.filter(({ evaluator }) => !evaluator.needs.alone);
  const store = await openStore(folder);
  const opened = await openRun({ ...prepared, evaluators }, { folder, store, signal: new AbortController().signal });
  try {
    const { versions } = await contendersOf(await opened.workshop());
    await conclude(opened.run, versions, 1);
    return await findingsOf(store);
  } finally {
    await opened.close();
    await store.close();
  }
};

describe.runIf(postgresOrSkip('a search over the queue'))('a search over the queue', () => {
  let folder: string;
  let postgres: TestPostgres;
  const workers: Process[] = [];
  beforeAll(async () => {
    [folder, postgres] = await Promise.all([temporary(), commonPostgres()]);
  });
  afterAll(async () => {
    for (const worker of workers) worker.signal('SIGTERM');
    await Promise.all(workers.map(({ ended }) => ended));
    await remove(folder);
  });

  test('with a worker killed in the middle of a job it ends as if nothing had happened: nothing is lost, nothing found out twice', async () => {
    const cwd = join(folder, 'job');
    const { scenario } = await tinyJob(cwd, {
      rows: 100,
      must: '  - { metric: accuracy, worse-by-at-most: 15 pp }',
      more: search,
      searched: true,
      minutes: 20,
    });
    const name = `killed_${process.pid}_${Date.now()}`;
    const url = await postgres.database(name);
    const hire = (called: string): Process => {
      const more = ['--lapse', '2', '--scratch', join(folder, 'scratch')];
      const worker = start(['worker', '--queue', url, '--name', called, ...more], cwd);
      workers.push(worker);
      return worker;
    };
    const [victim, other] = [hire('victim'), hire('other')];
    const shared = start(['tune', scenario, '--queue', url, '--width', '2', '--name', 'shared', '-q'], cwd);
    let code: number | null | undefined;
    const ended = shared.ended.then((its) => (code = its));
    const over = (): boolean => code !== undefined;
    const expected = undisturbed(scenario, join(folder, 'undisturbed'));
    while (!over() && !victim.text().includes('done: ')) await sleep(20);
    const killed = await killAtWork(victim, 'victim', (text) => postgres.sql(text, name), over);
    await ended;
    expect(code, `${shared.text()}\n${other.text()}`).toBe(0);
    expect(killed).toBe(true);

    const artifacts = openArtifacts(join(cwd, 'runs/artifacts'), true);
    const there = await openPostgresStore({ url, run: 'shared', artifacts, access: 'read' });
    const { found, times, ...rest } = await findingsOf(there);
    await there.close();
    const { found: wanted, times: _, ...same } = await expected;
    expect(rest).toEqual(same);
    expect(rest.chosen).toBe('quantize/dynamic');
    expect(found.filter((key) => !times.includes(key))).toEqual(wanted);
    expect(new Set([...found, ...times]).size).toBe(found.length);
  });
});
