import { basename, isAbsolute, join, resolve } from 'node:path';
import {
  SteelyardError,
  usableCores,
  type BundleRecord,
  type Context,
  type Crew,
  type RunRecord,
  type Store,
} from '../../contracts/index.ts';
import { lacks, openDispatch } from '../../queue/index.ts';
import { openPostgresStore, openSharedArtifacts } from '../../records/index.ts';
import { packageVersion } from '../../package/index.ts';
import type { Prepared } from '../run/prepare.ts';
import { keepBundle } from './bundle.ts';
import { catchUp, mirrored } from './mirror.ts';
import { chooseMachine, elsewhere, queuedCrew, requiredOf } from './queued.ts';

/** How a run's work is shared. */
export interface QueueSettings {
  /** postgres://…: where the queue and the shared records are. */
  readonly url: string;
  /** A folder that all workers see, or a bucket. Default: the folder `artifacts` beside the run's. */
  readonly artifacts?: string | undefined;
  /** The run's name in the database. Default: the name of its folder. */
  readonly name?: string | undefined;
  /** How many jobs the run thinks of at a time. Default: 4. */
  readonly width?: number | undefined;
  /** How long nobody may be there who can do the work. Default: 120. */
  readonly patienceSeconds?: number | undefined;
  /** After how many seconds without a heart-beat a worker counts as lost. Default: 60. */
  readonly lapseSeconds?: number | undefined;
}

export interface SharedRun {
  /** With the machine that the run decides for: that of the workers who measure. */
  readonly prepared: Prepared;
  readonly store: Store;
  readonly crew: Crew;
  /** See `openRun`. */
  readonly elsewhere: (() => Error) | null;
  close(): Promise<void>;
}

const machineBefore = async (store: Store): Promise<string | null> => {
  let newest: RunRecord | null = null;
  for await (const record of store.records()) if (record.kind === 'run') newest = record;
  return newest?.machine.digest ?? null;
};

/** A run in one process: nobody else works for it. Errors: `scenario/target` when this machine is not what the scenario asks for. */
export const checkTarget = ({ scenario: { target }, machine }: Prepared): void => {
  if (target === null) return;
  const missing = lacks({ machine, labels: {}, version: packageVersion }, requiredOf(target), packageVersion);
  if (missing.length > 0)
    throw new SteelyardError(
      'scenario/target',
      `the scenario decides for other hardware than this machine: it lacks ${missing.join(', ')}`,
      'have workers on such machines do the work (tune --queue postgres://…), or take target out of the scenario',
    );
};

/** Share a run: its records over a database, its files over a common place, its work over a queue. Waits until somebody is there who fits.
 *  Errors: `queue/…`, `store/…`, `usage/artifacts`; `engine/cancelled`. */
export const shareRun = async (
  prepared: Prepared,
  local: Store,
  settings: QueueSettings & {
    readonly folder: string;
    readonly base: string;
    readonly resume: boolean;
    /** What it sent along before, if it goes on. */
    readonly bundle: BundleRecord | null;
    readonly signal: AbortSignal;
    readonly log?: Context['log'] | undefined;
  },
): Promise<SharedRun> => {
  const { url, folder, base, signal } = settings;
  const run = settings.name ?? basename(folder);
  const log = settings.log ?? (() => undefined);
  const given = settings.artifacts ?? settings.bundle?.artifacts ?? resolve(folder, '..', 'artifacts');
  const artifacts = given.includes('://') || isAbsolute(given) ? given : resolve(base, given);
  const { scenario, machine: here } = prepared;
  const dispatch = await openDispatch({
    url,
    run,
    version: packageVersion,
    signal,
    log,
    ...(settings.patienceSeconds === undefined ? {} : { patienceSeconds: settings.patienceSeconds }),
    ...(settings.lapseSeconds === undefined ? {} : { lapseSeconds: settings.lapseSeconds }),
  });
  let shared: Store | null = null;
  try {
    shared = await openPostgresStore({
      url,
      run,
      artifacts: await openSharedArtifacts(artifacts, {
        cache: join(folder, 'work-artifacts'),
        // Where its files are already, an empty folder of that name is a disk that is not mounted.
        create: settings.bundle === null,
        signal,
      }),
      access: settings.resume ? 'own' : 'new',
      signal,
      note: (message) => log('warn', message),
    });
    if (settings.resume) await catchUp(local, shared);
    const before = (await machineBefore(local)) ?? settings.bundle?.machine ?? null;
    const able = await dispatch.somebody(requiredOf(scenario.target));
    const machine = chooseMachine(able, before, here.digest);
    log(
      'info',
      `deciding for ${machine.cpu}, ${usableCores(machine)} cores (${able.map(({ name }) => name).join(', ')})`,
    );
    const reasons: string[] = [];
    const away = machine.digest === here.digest ? null : (): Error => elsewhere(machine, reasons);
    const store = mirrored(local, shared, away);
    const crew = queuedCrew({
      dispatch,
      store,
      bundle: await keepBundle(prepared, shared, { artifacts, machine: machine.digest }),
      artifacts,
      target: scenario.target,
      machine,
      width: settings.width ?? 4,
      reasons,
      log,
    });
    const opened = shared;
    return {
      prepared: { ...prepared, machine },
      store,
      crew,
      elsewhere: away,
      async close() {
        await crew.close();
        await opened.close();
      },
    };
  } catch (error) {
    await dispatch.close();
    await shared?.close();
    throw error;
  }
};
