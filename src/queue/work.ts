import type { Runner, Task } from 'graphile-worker';
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { SteelyardError, isSteelyardError, usableCores } from '../contracts/index.ts';
import { onMachine } from './alone.ts';
import { announce, beat, leave, lostPools } from './crew-list.ts';
import { isBrokenLine, openDatabase, silent } from './database.ts';
import type { Envelope } from './dispatch.ts';
import { attempts } from './dispatch.ts';
import { listen } from './notices.ts';
import { lacks, type Worker } from './requirement.ts';
import { notify } from './tables.ts';
import { readWants } from './wants.ts';

export interface WorkSettings {
  readonly url: string;
  readonly worker: Worker;
  /** Workers of one machine have the same. */
  readonly host: string;
  /** After how long without a heart-beat it counts as lost. Default: 60. */
  readonly lapseSeconds?: number;
  /** How long it may go on with a job when asked to leave. Default: 20. */
  readonly graceSeconds?: number;
  /** Leave when nothing waits for it. */
  readonly once?: boolean;
  /** Ask it to leave. */
  readonly signal: AbortSignal;
  /** Do a job. What it throws is the reason why the job failed, and the job is tried again, by whoever comes first. */
  readonly perform: (job: Envelope, signal: AbortSignal) => Promise<void>;
  /** A job in words. */
  readonly describe: (job: Envelope) => string;
  readonly say?: (level: 'info' | 'warn', message: string) => void;
}

type Ending = 'cancelled' | 'leaving' | 'lost';

interface Going {
  readonly job: Envelope;
  readonly what: string;
  readonly abort: AbortController;
  ending: Ending | null;
}

/** A sender that was not heard of for so long may be gone for good: its version refuses nobody. */
const freshSeconds = 60;

/** Be a worker: take the jobs that this one can do, one after another (or `worker.size` at a time), until asked to leave. Answers how many
 *  it did. A database that is away is waited for.
 *  Errors: `queue/version` when there is work, and only for another version; `queue/library`; those of `openDatabase` at the beginning. */
export const work = async (settings: WorkSettings): Promise<number> => {
  const { worker, host, signal, once = false } = settings;
  const lapseSeconds = settings.lapseSeconds ?? 60;
  const say = settings.say ?? (() => undefined);
  const beatMs = Math.max(100, (lapseSeconds * 1000) / 4);
  const { pool, utils, graphile, close } = await openDatabase(settings.url, worker.size * 2 + 5);
  const going = new Set<Going>();
  const pools = new Set<string>();
  let done = 0;
  let tasks: readonly string[] = [];
  let runner: Runner | null = null;
  let away = false;
  let heardSince = performance.now();
  let fault: unknown = null;

  const end = (which: (one: Going) => boolean, ending: Ending): void => {
    for (const one of going) {
      if (one.ending !== null || !which(one)) continue;
      one.ending = ending;
      one.abort.abort(new Error(ending));
    }
  };
  const now = () => ({
    pools: [...pools],
    doing: going.size === 0 ? null : [...going].map(({ what }) => what).join('; '),
    done,
  });
  /** Leave it to others, as fresh as it came. */
  const giveBack = async (task: string, job: Envelope): Promise<void> => {
    await utils.addJob(task, job, {
      jobKey: `${job.run}:${job.key}`,
      maxAttempts: attempts,
      priority: job.alone ? 1 : 0,
    });
  };

  const doing =
    (task: string): Task =>
    async (payload) => {
      const job = payload as Envelope;
      const one: Going = { job, what: settings.describe(job), abort: new AbortController(), ending: null };
      going.add(one);
      try {
        // Everybody can see who holds it before it begins.
        await beat(pool, worker.id, now());
        const lost = (): void => end((other) => other === one, 'lost');
        await onMachine(pool, host, job.alone, one.abort.signal, lost, () => settings.perform(job, one.abort.signal));
        done++;
        say('info', `done: ${one.what}`);
        await notify(pool, { what: 'done', run: job.run, key: job.key });
      } catch (error) {
        if (one.ending === 'cancelled') return say('info', `dropped, nobody waits for it any more: ${one.what}`);
        if (one.ending === 'leaving' || isBrokenLine(error)) {
          await giveBack(task, job);
          return say('info', `given back: ${one.what}`);
        }
        const reason = isSteelyardError(error) ? `${error.code}: ${error.message}` : String((error as Error).message);
        say('warn', `failed: ${one.what}: ${reason}`);
        throw new Error(`${worker.name}: ${reason}`, { cause: error });
      } finally {
        going.delete(one);
        // The list says at once that it waits again; if this is not heard, the next heart-beat says it.
        await beat(pool, worker.id, now()).catch(() => undefined);
      }
    };

  const stopRunner = async (): Promise<void> => {
    const stopping = runner;
    runner = null;
    tasks = [];
    if (stopping === null) return;
    await stopping.stop().catch(() => undefined);
    await stopping.promise.catch(() => undefined);
  };

  const startRunner = async (wanted: readonly string[]): Promise<void> => {
    const events = new EventEmitter();
    let id = '';
    events.on('pool:create', ({ workerPool }: { workerPool: { id: string } }) => pools.add((id = workerPool.id)));
    const started = await graphile.run({
      pgPool: pool,
      concurrency: worker.size,
      noHandleSignals: true,
      pollInterval: Math.min(2000, beatMs),
      logger: silent(graphile),
      // What it says about a job while the database is away then ends the runner, which is started again, and not the process.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
      events: events as never,
      taskList: Object.fromEntries(wanted.map((task) => [task, doing(task)])),
    });
    runner = started;
    tasks = wanted;
    const ended = async (): Promise<void> => {
      // It can end by itself, when it could not say that a job is done: others may have the job then.
      if (runner === started) {
        runner = null;
        tasks = [];
      }
      await utils.forceUnlockWorkers([id]).catch(() => undefined);
      pools.delete(id);
    };
    void started.promise.then(ended, ended);
  };

  /** Ask for the kinds of jobs that are wanted and that this worker can do. */
  const adjust = async (): Promise<void> => {
    const wants = await readWants(pool);
    const able = wants.filter(
      ({ requirement, version }) => lacks({ ...worker, version }, requirement, version).length === 0,
    );
    const mine = able.filter(({ version }) => version === worker.version);
    const others = able.filter(
      ({ version, seenSecondsAgo }) => version !== worker.version && seenSecondsAgo < freshSeconds,
    );
    if (mine.length === 0 && others.length > 0)
      throw new SteelyardError(
        'queue/version',
        `this worker is Steelyard ${worker.version}, and the run "${others[0]!.run}" was sent by Steelyard ${others[0]!.version}`,
        `install the same version on both sides: npm install --global steelyard@${others[0]!.version}`,
      );
    const wanted = [...new Set(mine.map(({ task }) => task))].sort();
    if (wanted.length === tasks.length && wanted.every((task, at) => task === tasks[at])) return;
    await stopRunner();
    if (wanted.length > 0 && !signal.aborted) await startRunner(wanted);
  };

  /** Whether anything is left that this worker may have to do. */
  const waits = async (): Promise<boolean> => {
    const { rows } = await pool.query<{ some: boolean }>(
      `select exists (select from graphile_worker.jobs where task_identifier = any($1)
         and (attempts < max_attempts or locked_at is not null)) as some`,
      [tasks],
    );
    return rows[0]!.some;
  };

  const pulse = async (): Promise<void> => {
    try {
      if (!(await beat(pool, worker.id, now()))) {
        say('warn', 'its heart-beat came too late: its jobs were given to others');
        end(() => true, 'lost');
        await announce(pool, worker, lapseSeconds);
      }
      if (away) {
        heardSince = performance.now();
        say('info', 'the database is back');
      }
      away = false;
      if (performance.now() - heardSince < lapseSeconds * 1000) return;
      const lost = await lostPools(pool, lapseSeconds);
      if (lost.length === 0) return;
      say('info', `jobs of a worker that is gone are given to others`);
      await utils.forceUnlockWorkers([...lost]);
    } catch (error) {
      if (!isBrokenLine(error)) throw error;
      if (!away) say('warn', 'the database is away; waiting for it');
      away = true;
    }
  };

  let wake: () => void = () => undefined;
  let looks = true;
  const ears = listen(pool, (notice) => {
    if (notice?.what === 'cancelled') end(({ job }) => job.run === notice.run, 'cancelled');
    if (notice === null || notice.what === 'wants') {
      looks = true;
      wake();
    }
  });
  const heart = setInterval(() => void pulse().catch((error: unknown) => ((fault ??= error), wake())), beatMs);
  const leaves = (): void => wake();
  signal.addEventListener('abort', leaves);
  /** Come onto the list; a database that goes away meanwhile is waited for, as later on. */
  const arrive = async (): Promise<void> => {
    while (!signal.aborted)
      try {
        return await announce(pool, worker, lapseSeconds);
      } catch (error) {
        if (!isBrokenLine(error)) throw error;
        if (!away) say('warn', 'the database is away; waiting for it');
        away = true;
        await sleep(Math.min(500, beatMs), undefined, { signal }).catch(() => undefined);
      }
  };
  try {
    await arrive();
    say('info', `${worker.name} is there: ${usableCores(worker.machine)} cores, ${worker.machine.cpu}`);
    while (!signal.aborted) {
      if (fault !== null) throw fault;
      looks = false;
      try {
        await adjust();
        const wanted = new Set((await readWants(pool)).map(({ run }) => run));
        end(({ job }) => !wanted.has(job.run), 'cancelled');
        if (once && going.size === 0 && !(await waits())) break;
      } catch (error) {
        if (!isBrokenLine(error)) throw error;
      }
      if (looks || signal.aborted) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, once ? Math.min(500, beatMs) : beatMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    signal.removeEventListener('abort', leaves);
    const stopped = stopRunner();
    const grace = new AbortController();
    await Promise.race([
      stopped,
      sleep(fault === null ? (settings.graceSeconds ?? 20) * 1000 : 0, undefined, { signal: grace.signal }).catch(
        () => undefined,
      ),
    ]);
    grace.abort();
    end(() => true, 'leaving');
    await stopped;
    clearInterval(heart);
    ears.close();
    await leave(pool, worker.id).catch(() => undefined);
    await close();
  }
  return done;
};
