import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChoiceRecord, Machine, StoreRecord, Subject } from '../contracts/index.ts';
import { appendNewest } from './append.ts';
import { dropBeginnings } from './beginnings.ts';
import { choose } from './choose.ts';
import { contendersOf, type Contenders } from './contenders.ts';
import { throwIfCancelled } from './context.ts';
import { heard } from './heard.ts';
import { measureAll } from './measure.ts';
import { openRun, type OpenRun } from './open-run.ts';
import { checkCandidates, outsideCandidates } from './outside.ts';
import { prepare, runKey, type PrepareSettings } from './prepare.ts';
import { recordReceipts } from './receipt/record.ts';
import type { Run } from './run.ts';
import { runFolder } from './run-folder.ts';
import { openRunStore } from './run-store.ts';
import { closeSearch } from './search/close.ts';
import { tieSeconds, timePlan, timingSeconds } from './search/time.ts';
import { subjectOf } from './subject.ts';
import { tokenGradients } from './token-gradients.ts';
import { subjectsOf } from './versions.ts';
import { writeChoice } from './write.ts';

export interface TuneSettings extends PrepareSettings {
  readonly out?: string | undefined;
  readonly resume?: boolean;
  /** Versions made elsewhere to weigh instead of building any: folders or .onnx files. */
  readonly candidates?: readonly string[];
  /** Folder of the cache shared between runs; default: none. */
  readonly cache?: string | null;
  /** Hears every record: first those of an interrupted run that goes on, then each as it is kept. */
  readonly hear?: (record: StoreRecord) => void;
  /** The command as the user can repeat it. */
  readonly command: string;
  /** Relative paths start here. */
  readonly base: string;
  readonly signal: AbortSignal;
}

export interface TuneResult {
  readonly folder: string;
  readonly choice: ChoiceRecord;
  /** Where the chosen model folder was written, or null. */
  readonly written: string | null;
}

/** Weigh what was built or brought, choose, and write the choice. */
const decideRun = async (
  run: Run,
  { versions, explored }: Contenders,
  machine: Machine,
  writes: boolean,
): Promise<TuneResult> => {
  const { scenario, folder, store, context, found, task, data, session } = run;
  const plan = timePlan(scenario);
  const weighed = await subjectsOf(run, versions);
  const baseline: Subject = subjectOf('baseline', found.digest, found.files, session, context);
  const measured = await measureAll({
    task,
    split: data.evaluation,
    baseline,
    candidates: weighed.map(({ subject }) => subject),
    groups: data.groups,
    confidence: scenario.confidence,
    price: scenario.price,
    traffic: scenario.traffic,
    evaluators: run.evaluators,
    ...data.beside,
    gradients: tokenGradients(run.found.model, run.found.folder, task, context),
    seconds: timingSeconds(plan, explored?.trials ?? [], versions.length),
    machine,
    store,
    context,
  });
  const choice = await choose(run, baseline, weighed, measured, machine, tieSeconds(plan));
  if (explored !== null) await closeSearch(run, explored, versions, measured);
  const chosen = weighed.find(({ subject }) => subject.id === choice.chosen);
  await recordReceipts(run, baseline, chosen ?? weighed.find(({ subject }) => subject.id === choice.nearest) ?? null);
  const written = writes && chosen !== undefined ? await writeChoice(run, chosen, choice, machine) : null;
  return { folder, choice, written };
};

/** Build, weigh, decide, write: from a scenario file to a chosen, proven version.
 *  Errors: `scenario/…`, `data/…`, `model/…`, `usage/…` before a run folder exists; `engine/cancelled` when stopped (the run can be resumed). */
export const tune = async (settings: TuneSettings): Promise<TuneResult> => {
  checkCandidates(settings.candidates ?? [], settings.base);
  const prepared = await prepare(settings);
  const { scenario, found, data, machine } = prepared;
  const folder = await runFolder({
    name: scenario.name,
    out: settings.out,
    resume: settings.resume === true,
    base: settings.base,
    now: new Date(),
  });
  const store = await heard(
    await openRunStore(folder, { cache: settings.cache ?? null, log: settings.log }),
    settings.hear,
  );
  let opened: OpenRun | null = null;
  try {
    opened = await openRun(prepared, { ...settings, folder, store });
    const { run, inputs } = opened;
    await appendNewest(store, {
      kind: 'run',
      key: runKey(prepared, settings.candidates ?? null),
      at: new Date().toISOString(),
      seconds: 0,
      scenario,
      scenarioFile: settings.scenario,
      command: settings.command,
      model: { source: scenario.model, digest: found.digest, sizeBytes: found.sizeBytes, parameters: found.parameters },
      data: data.described,
      machine,
    });
    if (settings.candidates !== undefined) {
      const versions = await outsideCandidates(settings.candidates, settings.base, run, inputs);
      return await decideRun(run, { versions, explored: null }, machine, false);
    }
    const result = await decideRun(run, await contendersOf(await opened.workshop(), machine), machine, true);
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
    await store.close();
  }
};
