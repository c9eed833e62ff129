import { execFile, fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startPostgres } from '../src/testing/postgres.ts';
import type { FromWorker, Queue, ToWorker } from './queues/queues.ts';
import { openQueue } from './queues/queues.ts';
import { table } from './table.ts';

/** Both in the last version that runs on Node 20. Neither needs to be a dependency of Steelyard to be compared. */
const packages = { 'graphile-worker': '0.17.3', 'pg-boss': '10.4.2', pg: '8.23.1' };
type Name = 'graphile-worker' | 'pg-boss';
const jobs = 10_000;

const now = (): number => performance.timeOrigin + performance.now();
const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))]!;

/** A worker process, and what it says. */
class Worker {
  readonly process: ChildProcess;
  readonly #heard: ((message: FromWorker) => void)[] = [];
  constructor(name: Name, libraries: string, url: string, holdMs: number) {
    this.process = fork(fileURLToPath(new URL('./queues/worker.js', import.meta.url)), [
      name,
      libraries,
      url,
      String(holdMs),
    ]);
    this.process.on('message', (message) => this.#heard.forEach((hear) => hear(message as FromWorker)));
  }
  on(hear: (message: FromWorker) => void): void {
    this.#heard.push(hear);
  }
  next(what: FromWorker['what']): Promise<FromWorker> {
    return new Promise((resolve) => this.on((message) => void (message.what === what && resolve(message))));
  }
  send(message: ToWorker): void {
    this.process.send(message);
  }
  async end(): Promise<void> {
    const gone = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGKILL');
    await gone;
  }
}

interface Result {
  readonly enqueueMs: number;
  readonly drained: ReadonlyMap<number, number>;
  readonly latencies: readonly number[];
  readonly backAfterSeconds: number | null;
}

const measure = async (name: Name, libraries: string, database: (name: string) => Promise<string>): Promise<Result> => {
  const place = (what: string): Promise<string> => database(`${name.replace('-', '_')}_${what}`);
  let enqueueMs = 0;
  const drained = new Map<number, number>();
  for (const count of [2, 4, 6]) {
    const url = await place(`drain_${count}`);
    const queue: Queue = await openQueue(name, libraries, url);
    const started = now();
    await queue.addAll(jobs);
    enqueueMs = now() - started;
    const workers = Array.from({ length: count }, () => new Worker(name, libraries, url, 0));
    await Promise.all(workers.map((worker) => worker.next('ready')));
    let left = jobs;
    const begun = now();
    await new Promise<void>((resolve) => {
      for (const worker of workers) {
        worker.on(({ what }) => void (what === 'started' && --left === 0 && resolve()));
        worker.send({ what: 'work' });
      }
    });
    drained.set(count, now() - begun);
    console.log(`${name}: ${count} workers did ${jobs} jobs in ${((now() - begun) / 1000).toFixed(1)} s`);
    await Promise.all(workers.map((worker) => worker.end()));
    await queue.close();
  }
  // One job at a time, to a worker that has nothing to do.
  const url = await place('latency');
  const queue = await openQueue(name, libraries, url);
  const worker = new Worker(name, libraries, url, 0);
  await worker.next('ready');
  worker.send({ what: 'work' });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const latencies: number[] = [];
  for (let i = 0; i < 40; i++) {
    const started = worker.next('started');
    const at = now();
    await queue.addAll(1);
    latencies.push((await started).at - at);
    await new Promise((resolve) => setTimeout(resolve, 37));
  }
  await worker.end();
  await queue.close();
  // A worker dies of kill -9 in the middle of a job; another is there. Jobs may take 30 s.
  const deadly = await place('kill');
  const again = await openQueue(name, libraries, deadly);
  const [first, second] = [new Worker(name, libraries, deadly, 600_000), new Worker(name, libraries, deadly, 600_000)];
  await Promise.all([first.next('ready'), second.next('ready')]);
  first.send({ what: 'work' });
  const taken = first.next('started');
  await again.addAll(1);
  await taken;
  await first.end();
  const dead = now();
  second.send({ what: 'work' });
  const patience = new Promise<null>((resolve) => setTimeout(() => resolve(null), 180_000));
  const back = second.next('started');
  await again.lostWorkers?.(5_000);
  const at = await Promise.race([back, patience]);
  await second.end();
  await again.close();
  return { enqueueMs, drained, latencies, backAfterSeconds: at === null ? null : (at.at - dead) / 1000 };
};

/** Two kept job queues on PostgreSQL, as Steelyard would use them: every worker a process of its own that takes one job at a time. */
export const run = async (): Promise<void> => {
  const libraries = await mkdtemp(join(tmpdir(), 'steelyard-queues-'));
  const postgres = await startPostgres();
  try {
    await writeFile(join(libraries, 'package.json'), '{ "private": true }');
    const names = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
    await promisify(execFile)('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...names], {
      cwd: libraries,
    });
    const rows: string[][] = [];
    for (const name of ['graphile-worker', 'pg-boss'] as const) {
      const { enqueueMs, drained, latencies, backAfterSeconds } = await measure(name, libraries, postgres.database);
      rows.push([
        `${name} ${packages[name]}`,
        (enqueueMs / jobs).toFixed(3),
        ...[2, 4, 6].map((count) => (drained.get(count)! / jobs).toFixed(2)),
        quantile(latencies, 0.5).toFixed(1),
        quantile(latencies, 0.95).toFixed(1),
        backAfterSeconds === null ? 'not in 180 s' : `${backAfterSeconds.toFixed(1)} s`,
      ]);
    }
    console.log(
      table(
        [
          'queue',
          'enqueue ms/job',
          '2 workers ms/job',
          '4 workers',
          '6 workers',
          'latency p50 ms',
          'p95',
          'back after kill -9',
        ],
        rows,
      ),
    );
    console.log(
      `${jobs} jobs; jobs that do nothing; kill -9: a heart-beat of 5 s for graphile-worker, an expiry of 30 s for pg-boss`,
    );
  } finally {
    await postgres.remove();
    await rm(libraries, { recursive: true, force: true });
  }
};
