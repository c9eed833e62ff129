import type { Pool } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { SteelyardError } from '../contracts/index.ts';
import { lostPools, presentWorkers, type Present } from './crew-list.ts';
import { isBrokenLine, openDatabase } from './database.ts';
import { listen } from './notices.ts';
import { describeRequirement, lacks, taskName, type Requirement } from './requirement.ts';
import { notify } from './tables.ts';
import { unwant, want } from './wants.ts';

/** One piece of work for whoever can do it. Equal keys of one run are done once. */
export interface Order {
  readonly key: string;
  /** Anything JSON can hold. */
  readonly body: unknown;
  /** Nothing else may run on its machine meanwhile. */
  readonly alone: boolean;
  readonly required: Requirement;
}

/** How an order travels. */
export interface Envelope {
  readonly run: string;
  readonly key: string;
  readonly alone: boolean;
  readonly body: unknown;
}

/** An order that nobody could do. */
export interface Undone {
  readonly key: string;
  readonly reason: string;
}

export interface Dispatch {
  workers(): Promise<readonly Present[]>;
  /** Wait until somebody is there who can do this. Errors: see `perform`. */
  somebody(required: Requirement): Promise<readonly Present[]>;
  /** Have these done, in any order; answers those that failed every time, with the last reason.
   *  Errors: `queue/no-worker` when for too long nobody is there who can do what is left, saying who is there and what they lack;
   *  `queue/version` when they only lack our version; `store/unreachable` …; `engine/cancelled` when the signal aborts: what waits is
   *  taken back, and who works on it is told to stop. */
  perform(orders: readonly Order[], progress?: (done: number, of: number) => void): Promise<readonly Undone[]>;
  /** Take everything back that waits, and tell who works to stop. */
  cancel(): Promise<void>;
  close(): Promise<void>;
}

export interface DispatchSettings {
  readonly url: string;
  /** The run's name: unique in its database. */
  readonly run: string;
  readonly version: string;
  readonly signal: AbortSignal;
  /** How long nobody may be there who can do what waits, and how long the database may be away. Default: 120. */
  readonly patienceSeconds?: number;
  /** After how long without a heart-beat our own reading of the list can be trusted again. Default: 60. */
  readonly lapseSeconds?: number;
  readonly log?: (level: 'info' | 'warn', message: string) => void;
}

/** How often a job is tried before it is given up. */
export const attempts = 4;
const pollMs = 1000;
const atOnce = 500;

const roster = (present: readonly Present[], required: Requirement, version: string): string =>
  present.length === 0
    ? 'no worker is there'
    : present.map((one) => `${one.name} lacks ${lacks(one, required, version).join(', ') || 'nothing'}`).join('; ');

const nobody = (
  present: readonly Present[],
  required: Requirement,
  version: string,
  seconds: number,
): SteelyardError => {
  const onlyVersion = present.filter((one) => lacks(one, required, one.version).length === 0);
  if (onlyVersion.length > 0)
    return new SteelyardError(
      'queue/version',
      `this is Steelyard ${version}, and the workers that could do the work are ${onlyVersion.map((one) => `${one.name} with ${one.version}`).join(', ')}`,
      'install the same version on both sides',
    );
  return new SteelyardError(
    'queue/no-worker',
    `for ${Math.round(seconds)} s nobody was there who can do the work (${describeRequirement(required, version)}): ${roster(present, required, version)}`,
    'start one: steelyard worker --queue <the same URL>; steelyard queue <URL> lists who is there; what is finished is kept, --resume goes on',
  );
};

/** The sending end of the queue. Errors: `queue/library`, and those of `openDatabase`. */
export const openDispatch = async (settings: DispatchSettings): Promise<Dispatch> => {
  const { run, version, signal } = settings;
  const patienceSeconds = settings.patienceSeconds ?? 120;
  const lapseSeconds = settings.lapseSeconds ?? 60;
  const { pool, utils, close } = await openDatabase(settings.url, 6);
  const log = settings.log ?? (() => undefined);
  let heardSince: number | null = null;
  let awaySince: number | null = null;

  /** Ask the database; while it is away, wait for it. */
  const patiently = async <T>(ask: (pool: Pool) => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        const answer = await ask(pool);
        awaySince = null;
        heardSince ??= performance.now();
        return answer;
      } catch (error) {
        if (!isBrokenLine(error)) throw error;
        heardSince = null;
        if (awaySince === null) log('warn', 'the database is away; waiting for it');
        awaySince ??= performance.now();
        if (performance.now() - awaySince > patienceSeconds * 1000) throw error;
        await pause(500);
      }
    }
  };

  const pause = async (ms: number): Promise<void> => {
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped before the end');
  };

  const cancel = async (): Promise<void> => {
    await unwant(pool, run);
    const { rows } = await pool.query<{ id: string }>('select id from graphile_worker.jobs where key like $1', [
      `${likeRun(run)}%`,
    ]);
    if (rows.length > 0) await utils.completeJobs(rows.map(({ id }) => id));
    await notify(pool, { what: 'cancelled', run });
  };

  /** Give the jobs of dead workers back. Only who has listened for as long as a heart-beat may take knows who is dead. */
  const reap = async (): Promise<void> => {
    if (heardSince === null || performance.now() - heardSince < lapseSeconds * 1000) return;
    const lost = await lostPools(pool, lapseSeconds);
    if (lost.length > 0) await utils.forceUnlockWorkers([...lost]);
  };

  const somebody = async (required: Requirement): Promise<readonly Present[]> => {
    const task = taskName(required, version);
    const since = performance.now();
    for (let told = false; ;) {
      if (await patiently((db) => want(db, { run, task, version, requirement: required })))
        await patiently((db) => notify(db, { what: 'wants' }));
      const present = await patiently(presentWorkers);
      const able = present.filter((one) => lacks(one, required, version).length === 0);
      if (able.length > 0) return able;
      if (performance.now() - since > patienceSeconds * 1000) throw nobody(present, required, version, patienceSeconds);
      if (!told) log('info', `waiting for a worker: ${roster(present, required, version)}`);
      told = true;
      await pause(Math.min(pollMs, 250));
    }
  };

  const perform: Dispatch['perform'] = async (orders, progress) => {
    const open = new Map(orders.map((order) => [`${run}:${order.key}`, order]));
    const total = open.size;
    const undone: Undone[] = [];
    if (total === 0) return undone;
    const kinds = new Map(orders.map(({ required }) => [taskName(required, version), required]));
    const unserved = new Map<string, number>();
    let wake: () => void = () => undefined;
    const finished = (name: string): void => {
      if (!open.delete(name)) return;
      progress?.(total - open.size, total);
    };
    const stop = (): void => wake();
    signal.addEventListener('abort', stop);
    const ears = listen(pool, (notice) => {
      if (notice?.what === 'done' && notice.run === run) finished(`${run}:${notice.key}`);
      if (notice === null || open.size === 0) wake();
    });
    const waiting = async (): Promise<ReadonlyMap<string, { id: string; dead: boolean; reason: string | null }>> => {
      const { rows } = await patiently((db) =>
        db.query<{ id: string; key: string; dead: boolean; reason: string | null }>(
          `select id, key, attempts >= max_attempts and locked_at is null as dead, last_error as reason
           from graphile_worker.jobs where key like $1`,
          [`${likeRun(run)}%`],
        ),
      );
      return new Map(rows.map(({ key, ...row }) => [key, row]));
    };
    try {
      for (const [task, requirement] of kinds)
        if (await patiently((db) => want(db, { run, task, version, requirement })))
          await patiently((db) => notify(db, { what: 'wants' }));
      // What an earlier life of this run sent is not sent again; what was given up then is tried once more.
      const before = await waiting();
      const dead = [...before].filter(([, { dead }]) => dead);
      if (dead.length > 0) await patiently(() => utils.completeJobs(dead.map(([, { id }]) => id)));
      const fresh = [...open].filter(([name]) => before.get(name)?.dead !== false);
      for (let at = 0; at < fresh.length; at += atOnce)
        await patiently(() =>
          utils.addJobs(
            fresh.slice(at, at + atOnce).map(([name, { key, alone, body, required }]) => ({
              identifier: taskName(required, version),
              payload: { run, key, alone, body } satisfies Envelope,
              jobKey: name,
              maxAttempts: attempts,
              // Timing waits until what can be spread is spread.
              priority: alone ? 1 : 0,
            })),
          ),
        );
      while (open.size > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, pollMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
          if (open.size === 0 || signal.aborted) wake();
        });
        if (signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped before the end');
        if (open.size === 0) break;
        const now = await waiting();
        for (const [name, { key }] of open) {
          const state = now.get(name);
          if (state === undefined) finished(name);
          else if (state.dead) {
            undone.push({ key, reason: state.reason ?? 'it failed' });
            await patiently(() => utils.completeJobs([state.id]));
            finished(name);
          }
        }
        const left = new Map([...open.values()].map(({ required }) => [taskName(required, version), required]));
        const present = await patiently(presentWorkers);
        for (const [task, requirement] of left) {
          await patiently((db) => want(db, { run, task, version, requirement }));
          if (present.some((one) => lacks(one, requirement, version).length === 0)) unserved.delete(task);
          else if (!unserved.has(task)) unserved.set(task, performance.now());
          else if (performance.now() - unserved.get(task)! > patienceSeconds * 1000)
            throw nobody(present, requirement, version, patienceSeconds);
        }
        await patiently(reap);
      }
    } catch (error) {
      await cancel().catch(() => undefined);
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      ears.close();
    }
    return undone;
  };

  return {
    workers: () => patiently(presentWorkers),
    somebody,
    perform,
    cancel,
    async close() {
      await unwant(pool, run).catch(() => undefined);
      await close();
    },
  };
};

/** A run's name as the beginning of its jobs' keys, with what `like` would read as more than itself marked. */
const likeRun = (run: string): string => `${run.replace(/[\\%_]/g, '\\$&')}:`;
