import { presentWorkers, type Present } from './crew-list.ts';
import { openDatabase } from './database.ts';
import { describeRequirement, lacks } from './requirement.ts';
import { readWants } from './wants.ts';

/** What is going on at a queue. */
export interface Overview {
  readonly workers: readonly Present[];
  readonly runs: readonly {
    readonly run: string;
    readonly version: string;
    /** Whom the work is for, in words. */
    readonly needs: string;
    readonly waiting: number;
    readonly running: number;
    /** Names of the workers that can do it. */
    readonly able: readonly string[];
  }[];
  /** Jobs that failed and wait to be tried again, or were given up. */
  readonly failed: readonly {
    readonly run: string;
    readonly attempts: number;
    readonly of: number;
    readonly reason: string;
  }[];
}

/** Who is there, what waits, what failed. Errors: those of `openDatabase`. */
export const overview = async (url: string): Promise<Overview> => {
  const { pool, close } = await openDatabase(url, 2);
  try {
    const workers = await presentWorkers(pool);
    const { rows: jobs } = await pool.query<{
      task: string;
      key: string;
      held: boolean;
      attempts: number;
      most: number;
      reason: string | null;
    }>(
      `select task_identifier as task, key, locked_at is not null as held, attempts, max_attempts as most, last_error as reason
       from graphile_worker.jobs where task_identifier like 'steelyard:%'`,
    );
    const runOf = (key: string): string => key.slice(0, key.indexOf(':'));
    return {
      workers,
      runs: (await readWants(pool)).map(({ run, task, version, requirement }) => {
        const own = jobs.filter((job) => job.task === task && runOf(job.key) === run);
        return {
          run,
          version,
          needs: describeRequirement(requirement, version),
          waiting: own.filter(({ held, attempts, most }) => !held && attempts < most).length,
          running: own.filter(({ held }) => held).length,
          able: workers.filter((one) => lacks(one, requirement, version).length === 0).map(({ name }) => name),
        };
      }),
      failed: jobs
        .filter(({ reason, held }) => reason !== null && !held)
        .map(({ key, attempts, most, reason }) => ({ run: runOf(key), attempts, of: most, reason: reason! })),
    };
  } finally {
    await close();
  }
};
