import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Chain } from '../src/contracts/index.ts';
import { allPoints } from '../src/decide/search/index.ts';
import { buildOutcome, subjectsOf, type Version } from '../src/engine/build/versions.ts';
import { shareRun } from '../src/engine/crew/index.ts';
import { baselineOf } from '../src/engine/measure/weigh-in.ts';
import { openRun } from '../src/engine/run/open-run.ts';
import { prepare, type Prepared } from '../src/engine/run/prepare.ts';
import { answerJobs, buildJobs } from '../src/engine/search/ahead.ts';
import { makeSpace } from '../src/engine/search/space.ts';
import { packageRoot } from '../src/package/index.ts';
import { openStore } from '../src/records/index.ts';
import { postgresOrSkip, startPostgres, type TestPostgres } from '../src/testing/postgres.ts';
import { optionOf } from './search/words.ts';
import { seconds, table } from './table.ts';

const entry = join(packageRoot, 'dist/lib/cli/main.js');
const scenario = resolve('bench/search/workers.yaml');

/** Whether a process can be kept on cores of its own here. */
const canPin = (): boolean => {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const hire = (url: string, name: string, folder: string, core: number | null): ChildProcess => {
  const words = [entry, 'worker', '--queue', url, '--name', name, '--scratch', join(folder, name), '-q'];
  const [program, ...rest] = core === null ? [process.execPath] : ['taskset', '-c', String(core), process.execPath];
  return spawn(program!, [...rest, ...words], {
    cwd: folder,
    env: { ...process.env, STEELYARD_CACHE: 'off' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
};

interface Took {
  readonly built: number;
  readonly buildSeconds: number;
  readonly answerSeconds: number;
}

/** Versions that are built before the clock starts, so that every worker has opened the run's world: as many as the most workers. */
const warm = 6;

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1000;
};

/** The same builds and answers by so many workers, from nothing. */
const withWorkers = async (
  prepared: Prepared,
  chains: readonly Chain[],
  { count, postgres, pinned }: { readonly count: number; readonly postgres: TestPostgres; readonly pinned: boolean },
): Promise<Took> => {
  const database = `workers_${count}`;
  const url = await postgres.database(database);
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-workers-'));
  const signal = new AbortController().signal;
  const workers = Array.from({ length: count }, (_, at) => hire(url, `worker-${at}`, folder, pinned ? 1 + at : null));
  const local = await openStore(join(folder, 'run'));
  const shared = await shareRun(prepared, local, {
    url,
    name: 'workers',
    width: 2 * count,
    artifacts: join(folder, 'artifacts'),
    folder: join(folder, 'run'),
    base: folder,
    resume: false,
    bundle: null,
    signal,
  });
  const opened = await openRun(shared.prepared, { folder: join(folder, 'run'), store: shared.store, signal });
  try {
    const workshop = await opened.workshop();
    while (Number(await postgres.sql('select count(*) from steelyard_queue.workers', database)) < count)
      await sleep(50);
    await shared.crew.ahead(buildJobs(workshop, chains.slice(0, warm)));
    const counted = chains.slice(warm);
    const buildSeconds = await timed(() => shared.crew.ahead(buildJobs(workshop, counted)));
    const versions: Version[] = [];
    for (const chain of counted) {
      const built = await buildOutcome(workshop, chain);
      if (built.kind === 'built') versions.push({ chain, built });
    }
    const { run } = opened;
    const jobs = answerJobs(run, baselineOf(run), await subjectsOf(run, versions), run.data.evaluation);
    const answerSeconds = await timed(() => shared.crew.ahead(jobs));
    for (const { key } of jobs)
      if ((await shared.store.find(key)) === null) throw new Error('an answer was not recorded');
    return { built: versions.length, buildSeconds, answerSeconds };
  } finally {
    await opened.close();
    await shared.close();
    await local.close();
    for (const worker of workers) {
      const gone = new Promise((done) => worker.once('exit', done));
      worker.kill('SIGKILL');
      await gone;
    }
    await rm(folder, { recursive: true, force: true });
  }
};

/** Versions of the embedded example, without settings of sessions: those in which the model's bytes differ. */
const chainsOf = async (prepared: Prepared): Promise<readonly Chain[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-workers-'));
  const store = await openStore(folder);
  const opened = await openRun(prepared, { folder, store, signal: new AbortController().signal });
  try {
    const { found, machine, scenario: wanted } = prepared;
    const made = await makeSpace({ model: found.model, machine, scenario: wanted, context: opened.run.context });
    const chains = allPoints(made.space)?.map((point) => made.chainOf(point)) ?? [];
    return [...new Map(chains.map((chain) => [chain.id, chain])).values()].filter(({ steps }) => steps.length > 0);
  } finally {
    await opened.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
};

/** How much sooner one to six local workers, one job each at a time, build versions and answer the evaluation data. Every count starts from an empty database. */
export const run = async (): Promise<void> => {
  if (!postgresOrSkip('the bench of workers')) return;
  const most = Number(optionOf('versions') ?? 30);
  const counts = (optionOf('counts') ?? '1,2,4,6').split(',').map(Number);
  const prepared = await prepare({ scenario });
  const all = await chainsOf(prepared);
  // Every so many, so that all families are among them, in an order that mixes short and long builds.
  const step = Math.max(1, Math.floor(all.length / (most + warm)));
  const chains = all.filter((_, at) => at % step === 0).slice(0, most + warm);
  const cores = availableParallelism();
  const pinned = canPin() && cores > 2 * Math.max(...counts);
  console.log(
    `${chains.length - warm} combinations of ${prepared.scenario.name}, ${prepared.data.evaluation.examples.length} texts; ${cores} cores of ${prepared.machine.cpu}; ${pinned ? 'each worker on a core of its own' : 'workers share the cores'}`,
  );
  const postgres = await startPostgres();
  try {
    const took: Took[] = [];
    for (const count of counts) took.push(await withWorkers(prepared, chains, { count, postgres, pinned }));
    const [first] = took;
    console.log(
      table(
        ['workers', 'builds', 'times as fast', 'answers', 'times as fast', 'versions built'],
        took.map(({ built, buildSeconds, answerSeconds }, at) => [
          String(counts[at]),
          seconds(buildSeconds),
          (first!.buildSeconds / buildSeconds).toFixed(2),
          seconds(answerSeconds),
          (first!.answerSeconds / answerSeconds).toFixed(2),
          String(built),
        ]),
      ),
    );
  } finally {
    await postgres.remove();
  }
};
