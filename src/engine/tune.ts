import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Chain, ChoiceRecord, Store, StoreRecord } from '../contracts/index.ts';
import { appendNewest } from './run/append.ts';
import { dropBeginnings } from './build/beginnings.ts';
import { conclude } from './choose/conclude.ts';
import { contendersOf, distinct, type Contenders } from './search/contenders.ts';
import { throwIfCancelled } from './run/context.ts';
import { beginRun, jobOf, shareRun, type BeginSettings, type SharedRun } from './crew/index.ts';
import { heard } from './run/heard.ts';
import { openRun, type OpenRun } from './run/open-run.ts';
import { checkCandidates, outsideCandidates } from './build/outside.ts';
import { runKey } from './run/prepare.ts';
import type { Run } from './run/run.ts';
import { openRunStore } from './run/run-store.ts';
import { closeSearch } from './search/close.ts';
import { timePlan, timingSeconds } from './search/time.ts';
import { buildAll } from './build/versions.ts';
import { writeChoice } from './build/write.ts';

export interface TuneSettings extends BeginSettings {
  /** Versions made elsewhere to weigh instead of building any: folders or .onnx files. */
  readonly candidates?: readonly string[];
  /** Chains to weigh beside what is found. */
  readonly also?: readonly Chain[];
  /** Folder of the cache shared between runs; default: none. */
  readonly cache?: string | null;
  /** Hears every record: first those of an interrupted run that goes on, then each as it is kept. */
  readonly hear?: (record: StoreRecord) => void;
  /** The command as the user can repeat it. */
  readonly command: string;
}

export interface TuneResult {
  readonly folder: string;
  readonly choice: ChoiceRecord;
  /** Where the chosen model folder was written, or null. */
  readonly written: string | null;
}

/** Weigh, choose, and write the choice. Where there is a crew, one of it weighs all versions; what it found is found here. */
const decideRun = async (run: Run, { versions, explored }: Contenders, writes: boolean): Promise<TuneResult> => {
  const seconds = timingSeconds(timePlan(run.scenario), explored?.trials ?? [], versions.length);
  const chains = versions.map(({ chain }) => chain);
  const names = chains.map(({ id }) => id).join('; ');
  const label = `weighing ${versions.length === 1 ? '1 version' : `${versions.length} versions`}`;
  run.context.progress({ label, done: 0, total: null, detail: names });
  if (writes) await run.crew.ahead([jobOf(run, { kind: 'conclude', chains, seconds }, true)]);
  const { choice, chosen, measured } = await conclude(run, versions, seconds);
  if (explored !== null) await closeSearch(run, explored, versions, measured);
  const written = writes && chosen !== null ? await writeChoice(run, chosen, choice) : null;
  return { folder: run.folder, choice, written };
};

/** Build, weigh, decide, write: from a scenario file to a chosen, proven version.
 *  Errors: `scenario/…`, `data/…`, `model/…`, `usage/…` before a run folder exists, and where a shared run goes on `queue/bundle`, `store/…`;
 *  `engine/cancelled` when stopped (the run can be resumed). */
export const tune = async (settings: TuneSettings): Promise<TuneResult> => {
  checkCandidates(settings.candidates ?? [], settings.base);
  const { queue } = settings;
  const { folder, bundle, ...begun } = await beginRun(settings);
  let { prepared } = begun;
  const { scenario, scenarioFile, found, data } = prepared;
  // What workers make is for all: it comes from the shared records, not from a cache of this machine.
  const cache = queue === undefined ? (settings.cache ?? null) : null;
  const local = await heard(await openRunStore(folder, { cache, log: settings.log }), settings.hear);
  let store: Store = local;
  let shared: SharedRun | null = null;
  let opened: OpenRun | null = null;
  try {
    if (queue !== undefined) {
      shared = await shareRun(prepared, local, {
        ...settings,
        ...queue,
        folder,
        bundle,
        resume: settings.resume === true,
      });
      ({ store, prepared } = shared);
    }
    const { machine } = prepared;
    opened = await openRun(prepared, {
      ...settings,
      folder,
      store,
      ...(shared === null ? {} : { crew: shared.crew, elsewhere: shared.elsewhere }),
    });
    const { run, inputs } = opened;
    await appendNewest(store, {
      kind: 'run',
      key: runKey(prepared, settings.candidates ?? null),
      at: new Date().toISOString(),
      seconds: 0,
      scenario,
      scenarioFile,
      command: settings.command,
      model: { source: scenario.model, digest: found.digest, sizeBytes: found.sizeBytes, parameters: found.parameters },
      data: data.described,
      machine,
    });
    if (settings.candidates !== undefined) {
      const versions = await outsideCandidates(settings.candidates, settings.base, run, inputs);
      return await decideRun(run, { versions, explored: null }, false);
    }
    const workshop = await opened.workshop();
    const { versions, explored } = await contendersOf(workshop);
    const also = await buildAll(workshop, settings.also ?? []);
    const result = await decideRun(run, { versions: distinct([...versions, ...also]), explored }, true);
    // What was trained is built: nothing goes on from here.
    await rm(join(folder, 'checkpoints'), { recursive: true, force: true });
    await dropBeginnings(store);
    return result;
  } catch (error) {
    // Whatever failed because the user stopped the run, they stopped the run.
    throwIfCancelled(settings.signal);
    throw error;
  } finally {
    await opened?.close();
    await shared?.close();
    await local.close();
  }
};
