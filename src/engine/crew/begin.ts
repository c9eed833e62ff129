import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { SteelyardError, isSteelyardError, type BundleRecord } from '../../contracts/index.ts';
import { readMachine } from '../../runtime/index.ts';
import { prepare, type Prepared, type PrepareSettings } from '../run/prepare.ts';
import { runFolder } from '../run/run-folder.ts';
import { checkTarget, type QueueSettings } from './open.ts';
import { recallBundle, resumeBundle } from './recall.ts';

export interface BeginSettings extends Omit<PrepareSettings, 'scenario'> {
  /** Path of the scenario file; null: what the shared run that goes on sent along when it was started. */
  readonly scenario: string | null;
  readonly out?: string | undefined;
  readonly resume?: boolean;
  /** Have others do the work; absent: this process does it all. */
  readonly queue?: QueueSettings;
  /** Relative paths start here. */
  readonly base: string;
  readonly signal: AbortSignal;
}

/** Where a run begins, or goes on. */
export interface Begun {
  readonly prepared: Prepared;
  readonly folder: string;
  /** What the shared run that goes on sent along; null: it begins, or is not shared, or ended before it had sent anything. */
  readonly bundle: BundleRecord | null;
}

const noScenario = (): SteelyardError =>
  new SteelyardError(
    'usage/scenario',
    'no scenario is given',
    'name its file; only a shared run goes on without: --queue <url> --name <name> --resume',
  );

const notSent = (run: string): SteelyardError =>
  new SteelyardError(
    'queue/bundle',
    `the run "${run}" ended before it had sent its model and data`,
    'go on where its scenario is: tune <scenario> --queue … --name … --resume',
  );

/** A shared run goes on from what it sent along: nothing of it need be on this machine. */
const fromShared = async (settings: BeginSettings, queue: QueueSettings, out: string): Promise<Begun> => {
  const { base, signal } = settings;
  const folder = resolve(base, out);
  const run = queue.name ?? basename(folder);
  const bundle = await recallBundle({ url: queue.url, run, signal });
  if (bundle === null) throw notSent(run);
  await mkdir(folder, { recursive: true });
  settings.progress?.({ label: 'fetching the model and the data', done: 0, total: null });
  const machine = settings.machine ?? (await readMachine());
  const place =
    queue.artifacts === undefined || queue.artifacts.includes('://') ? queue.artifacts : resolve(base, queue.artifacts);
  return { prepared: await resumeBundle(bundle, { run, place, folder, machine, signal }), folder, bundle };
};

/** Read what the user gave and find or make the run's folder. A shared run goes on wherever its database and its files are reached: its folder
 *  is made again, and its scenario, model and data come from there where no scenario is given.
 *  Errors: those of `prepare`, `checkTarget`, `runFolder` and `recallBundle`; `usage/scenario`; `queue/bundle`. */
export const beginRun = async (settings: BeginSettings): Promise<Begun> => {
  const { queue, base, signal, scenario } = settings;
  const resume = settings.resume === true;
  const out = settings.out ?? (queue?.name === undefined ? undefined : join('runs', queue.name));
  if (scenario === null) {
    if (queue === undefined || !resume || out === undefined) throw noScenario();
    return fromShared(settings, queue, out);
  }
  const prepared = await prepare({ ...settings, scenario });
  if (queue === undefined) checkTarget(prepared);
  const recall = (folder: string): Promise<BundleRecord | null> =>
    recallBundle({ url: queue!.url, run: queue!.name ?? basename(folder), signal });
  // Without a folder the run has to be in the database: who mistypes a name is told so.
  const gone = queue !== undefined && resume && out !== undefined && !existsSync(resolve(base, out, 'records.jsonl'));
  const elsewhere = gone ? await recall(out) : null;
  const folder = await runFolder({ name: prepared.scenario.name, out, resume, anew: gone, base, now: new Date() });
  if (queue === undefined || !resume || gone) return { prepared, folder, bundle: elsewhere };
  const bundle = await recall(folder).catch((error: unknown) => {
    // It ended before the database knew of it.
    if (isSteelyardError(error) && error.code === 'store/missing') return null;
    throw error;
  });
  return { prepared, folder, bundle };
};
