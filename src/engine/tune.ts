import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChoiceRecord, Machine, Subject } from '../contracts/index.ts';
import { digestOf } from '../records/index.ts';
import { appendNewest } from './append.ts';
import { defaultChains } from './candidates.ts';
import { choose } from './choose.ts';
import { throwIfCancelled } from './context.ts';
import { measureAll } from './measure.ts';
import { openRun, type OpenRun } from './open-run.ts';
import { checkCandidates, outsideCandidates } from './outside.ts';
import { prepare, runKey, type PrepareSettings } from './prepare.ts';
import { recordReceipts } from './receipt/record.ts';
import { rescue } from './rescue.ts';
import type { Run } from './run.ts';
import { runFolder } from './run-folder.ts';
import { openRunStore } from './run-store.ts';
import { builtDigest, subjectOf } from './subject.ts';
import { tokenGradients } from './token-gradients.ts';
import { buildAll, subjectsOf, type Version } from './versions.ts';
import { writeChoice } from './write.ts';

export interface TuneSettings extends PrepareSettings {
  readonly out?: string | undefined;
  readonly resume?: boolean;
  /** Versions made elsewhere to weigh instead of building any: folders or .onnx files. */
  readonly candidates?: readonly string[];
  /** Folder of the cache shared between runs; default: none. */
  readonly cache?: string | null;
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

/** Two chains can end in the same bytes: the simpler one stands for both. */
const distinct = (versions: readonly Version[]): Version[] => {
  const seen = new Set<string>();
  return versions
    .toSorted((a, b) => a.chain.steps.length - b.chain.steps.length)
    .filter(({ built }) => {
      const key = digestOf({ files: builtDigest(built), session: built.sessionOptions });
      return seen.has(key) ? false : (seen.add(key), true);
    });
};

/** Weigh what was built or brought, choose, and write the choice. */
const decideRun = async (
  run: Run,
  versions: readonly Version[],
  machine: Machine,
  writes: boolean,
): Promise<TuneResult> => {
  const { scenario, folder, store, context, found, task, data, session } = run;
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
    seconds: scenario.budget.minutes * 60 * timingShare,
    machine,
    store,
    context,
  });
  const choice = await choose(run, baseline, weighed, measured, machine);
  const chosen = weighed.find(({ subject }) => subject.id === choice.chosen);
  await recordReceipts(run, baseline, chosen ?? weighed.find(({ subject }) => subject.id === choice.nearest) ?? null);
  const written = writes && chosen !== undefined ? await writeChoice(run, chosen, choice, machine) : null;
  return { folder, choice, written };
};

/** Of the budget, for evaluators that can use any amount of time; the rest is for building and answering. */
const timingShare = 0.6;

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
  const store = await openRunStore(folder, { cache: settings.cache ?? null, log: settings.log });
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
    if (settings.candidates !== undefined)
      return await decideRun(
        run,
        await outsideCandidates(settings.candidates, settings.base, run, inputs),
        machine,
        false,
      );
    const workshop = await opened.workshop();
    const chains =
      scenario.candidates ?? (await defaultChains(found.model, machine, run.context, scenario.budget.minutes));
    const built = distinct(await buildAll(workshop, chains));
    // A list that the user wrote is weighed as it stands.
    const mended = scenario.candidates === null ? await rescue(workshop, chains, built, machine) : [];
    const result = await decideRun(run, distinct([...built, ...mended]), machine, true);
    // What was trained is built: nothing goes on from here.
    await rm(join(folder, 'checkpoints'), { recursive: true, force: true });
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
