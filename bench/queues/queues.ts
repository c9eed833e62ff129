import { createRequire } from 'node:module';
import { join } from 'node:path';

export interface FromWorker {
  readonly what: 'ready' | 'started';
  /** Milliseconds since 1970. */
  readonly at: number;
}
export interface ToWorker {
  readonly what: 'work';
}

export interface Queue {
  addAll(count: number): Promise<void>;
  /** Wait for so long, then declare lost every worker that held a job: what heart-beats do. Absent: the library does it itself. */
  readonly lostWorkers?: (ms: number) => Promise<void>;
  close(): Promise<void>;
}

/* The libraries lie in a temporary folder: their types are not here. */
interface Graphile {
  makeWorkerUtils(options: object): Promise<{
    migrate(): Promise<void>;
    addJobs(jobs: readonly object[]): Promise<unknown>;
    forceUnlockWorkers(ids: readonly string[]): Promise<void>;
    withPgClient<T>(
      use: (client: { query(text: string): Promise<{ rows: { locked_by: string }[] }> }) => Promise<T>,
    ): Promise<T>;
    release(): Promise<void>;
  }>;
  run(options: object): Promise<unknown>;
  Logger: new (factory: () => () => void) => object;
}
interface Boss {
  start(): Promise<void>;
  createQueue(name: string, options: object): Promise<void>;
  insert(jobs: readonly object[]): Promise<void>;
  fetch(name: string): Promise<readonly { readonly id: string }[]>;
  complete(name: string, id: string): Promise<void>;
  stop(options: object): Promise<void>;
  on(event: string, hear: () => void): void;
}
export const load = <T>(libraries: string, name: string): T =>
  createRequire(join(libraries, 'package.json'))(name) as T;

export const openGraphile = async (libraries: string, url: string): Promise<Queue> => {
  const { makeWorkerUtils, Logger } = load<Graphile>(libraries, 'graphile-worker');
  const utils = await makeWorkerUtils({ connectionString: url, logger: new Logger(() => () => undefined) });
  await utils.migrate();
  return {
    async addAll(count) {
      await utils.addJobs(Array.from({ length: count }, (_, index) => ({ identifier: 'job', payload: { index } })));
    },
    async lostWorkers(ms) {
      await new Promise((resolve) => setTimeout(resolve, ms));
      const held = await utils.withPgClient((client) =>
        client.query('select distinct locked_by from graphile_worker.jobs where locked_by is not null'),
      );
      await utils.forceUnlockWorkers(held.rows.map(({ locked_by }) => locked_by));
    },
    close: () => utils.release(),
  };
};

export const workGraphile = async (libraries: string, url: string, started: () => Promise<void>): Promise<void> => {
  const { run, Logger } = load<Graphile>(libraries, 'graphile-worker');
  await run({
    connectionString: url,
    concurrency: 1,
    logger: new Logger(() => () => undefined),
    taskList: { job: started },
  });
};

const bossOf = async (libraries: string, url: string): Promise<Boss> => {
  const Class = load<new (options: object) => Boss>(libraries, 'pg-boss');
  const boss = new Class({ connectionString: url, maintenanceIntervalSeconds: 1, monitorStateIntervalSeconds: 1 });
  boss.on('error', () => undefined);
  await boss.start();
  await boss.createQueue('job', { expireInSeconds: 30, retryLimit: 3 });
  return boss;
};

export const openBoss = async (libraries: string, url: string): Promise<Queue> => {
  const boss = await bossOf(libraries, url);
  return {
    async addAll(count) {
      await boss.insert(Array.from({ length: count }, (_, index) => ({ name: 'job', data: { index } })));
    },
    close: () => boss.stop({ graceful: false }),
  };
};

/** Its own `work` sleeps after every job; a loop of `fetch` only sleeps when there is none, for the shortest time that `work` allows. */
export const workBoss = async (libraries: string, url: string, started: () => Promise<void>): Promise<void> => {
  const boss = await bossOf(libraries, url);
  for (;;) {
    const [job] = await boss.fetch('job');
    if (job === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      continue;
    }
    await started();
    await boss.complete('job', job.id);
  }
};

export const openQueue = (name: string, libraries: string, url: string): Promise<Queue> =>
  name === 'pg-boss' ? openBoss(libraries, url) : openGraphile(libraries, url);
