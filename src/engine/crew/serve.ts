import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { SteelyardError, isSteelyardError, type Context, type Machine, type Store } from '../../contracts/index.ts';
import { work, type Envelope } from '../../queue/index.ts';
import type { Labels } from '../../queue/requirement.ts';
import { openPostgresStore, openScratchFolder, openSharedArtifacts } from '../../records/index.ts';
import { readMachine } from '../../runtime/index.ts';
import { openRun, type OpenRun } from '../run/open-run.ts';
import { packageVersion } from '../../package/index.ts';
import { describeJob } from './job.ts';
import { layOut } from './lay-out.ts';
import { performJob } from './perform.ts';
import type { Errand } from './queued.ts';

export interface ServeSettings {
  readonly url: string;
  /** Where artifacts lie, if it is called otherwise here than where runs are sent from. */
  readonly artifacts?: string | undefined;
  /** Default: the machine's name and the process. */
  readonly name?: string | undefined;
  readonly labels: Labels;
  readonly concurrency: number;
  readonly once: boolean;
  /** Where its folder for files while it works is made; what killed workers of this machine left there is removed. */
  readonly scratch: string;
  readonly lapseSeconds?: number | undefined;
  readonly graceSeconds?: number | undefined;
  readonly base: string;
  readonly signal: AbortSignal;
  readonly log: Context['log'];
  /** The machine to be; default: this one. */
  readonly machine?: Machine;
}

/** A run's world on this machine, for one job at a time. */
interface Bench {
  readonly key: string;
  readonly opened: OpenRun;
  readonly store: Store;
  readonly stop: AbortController;
  readonly folder: string;
}

/** Worlds that are kept open while nothing is done in them: the next job is likely of the same run. */
const kept = 2;

const hostOf = async (): Promise<string> =>
  // The same for all containers of a machine.
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => hostname())).trim();

const checkErrand = (body: unknown): Errand => {
  const { job, bundle, artifacts } = (body ?? {}) as Partial<Errand>;
  if (typeof job?.work?.kind !== 'string' || typeof bundle !== 'string' || typeof artifacts !== 'string')
    throw new SteelyardError('queue/job', 'the job is none of Steelyard’s', 'see who else writes to this queue');
  return { job, bundle, artifacts };
};

/** Work for runs of a queue until asked to leave; answers how many jobs were done. Errors: `queue/…`, `store/…`, `usage/artifacts`. */
export const serve = async (settings: ServeSettings): Promise<number> => {
  const { url, base, log } = settings;
  const machine = settings.machine ?? (await readMachine());
  const name = settings.name ?? `${hostname()}-${process.pid}`;
  const id = `${name}-${randomBytes(4).toString('hex')}`;
  const scratch = await openScratchFolder(settings.scratch, 'worker-', id.replace(/[^\w.-]+/g, '-'));
  const { folder: root, swept } = scratch;
  if (swept > 0)
    log('info', `removed what ${swept} killed worker${swept === 1 ? '' : 's'} left in ${settings.scratch}`);
  const idle: Bench[] = [];
  let count = 0;

  const close = async ({ opened, store, folder, stop }: Bench): Promise<void> => {
    stop.abort();
    await opened.close().catch(() => undefined);
    await store.close().catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  };

  const open = async ({ run }: Envelope, { bundle, artifacts }: Errand, key: string): Promise<Bench> => {
    const folder = join(root, String(count++));
    const given = settings.artifacts ?? artifacts;
    const place = given.includes('://') ? given : resolve(base, given);
    const store = await openPostgresStore({
      url,
      run,
      artifacts: await openSharedArtifacts(place, { cache: join(root, 'artifacts'), create: false }),
      access: 'join',
      note: (message) => log('warn', message),
    });
    try {
      const prepared = await layOut(bundle, store, join(folder, 'bundle'), machine);
      const stop = new AbortController();
      const opened = await openRun(prepared, { folder: join(folder, 'run'), store, signal: stop.signal, log });
      return { key, opened, store, stop, folder };
    } catch (error) {
      await store.close();
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  };

  const perform = async (envelope: Envelope, signal: AbortSignal): Promise<void> => {
    const errand = checkErrand(envelope.body);
    const key = `${envelope.run} ${errand.bundle}`;
    const at = idle.findIndex((one) => one.key === key);
    const bench = at >= 0 ? idle.splice(at, 1)[0]! : await open(envelope, errand, key);
    const stop = (): void => bench.stop.abort();
    signal.addEventListener('abort', stop);
    let usable = false;
    try {
      if (signal.aborted) stop();
      await performJob(bench.opened, errand.job);
      usable = !signal.aborted;
    } catch (error) {
      // What failed for reasons of its own has left its world in order.
      usable = isSteelyardError(error) && !signal.aborted && !error.code.startsWith('store/');
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      if (usable) idle.push(bench);
      else await close(bench);
      while (idle.length > kept) await close(idle.shift()!);
    }
  };

  try {
    return await work({
      url,
      worker: { id, name, version: packageVersion, machine, labels: settings.labels, size: settings.concurrency },
      host: await hostOf(),
      once: settings.once,
      signal: settings.signal,
      perform,
      describe: ({ run, body }) => `${run}: ${describeJob(checkErrand(body).job)}`,
      say: log,
      ...(settings.lapseSeconds === undefined ? {} : { lapseSeconds: settings.lapseSeconds }),
      ...(settings.graceSeconds === undefined ? {} : { graceSeconds: settings.graceSeconds }),
    });
  } finally {
    for (const bench of idle) await close(bench);
    await scratch.remove();
  }
};
