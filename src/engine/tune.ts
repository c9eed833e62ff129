import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  defaultSessionOptions,
  parseOptions,
  type ChoiceRecord,
  type Context,
  type Machine,
  type Progress,
  type SessionOptions,
  type Subject,
} from '../contracts/index.ts';
import { digestOf, openStore } from '../records/index.ts';
import { readMachine } from '../runtime/index.ts';
import { metrics } from '../weigh/index.ts';
import { techniqueOf } from './chain.ts';
import { rescue } from './rescue.ts';
import { buildAll, subjectsOf, type Version, type Workshop } from './versions.ts';
import { findModel, locateModel } from './baseline.ts';
import { defaultChains } from './candidates.ts';
import { appendNewest } from './append.ts';
import { choose } from './choose.ts';
import type { Run } from './run.ts';
import { createContext, throwIfCancelled } from './context.ts';
import { loadData } from './data.ts';
import { evaluatorsOf } from './evaluators.ts';
import { measureAll } from './measure.ts';
import { makeTask } from './task.ts';
import { checkCandidates, outsideCandidates } from './outside.ts';
import { recordReceipts } from './receipt/record.ts';
import { readScenario } from './scenario/index.ts';
import { runFolder } from './run-folder.ts';
import { encodings } from './encoding.ts';
import { builtDigest, subjectOf } from './subject.ts';
import { writeChoice } from './write.ts';
import { tokenGradients } from './token-gradients.ts';

export interface TuneSettings {
  /** Path of the scenario file. */
  readonly scenario: string;
  readonly out?: string | undefined;
  readonly resume?: boolean;
  /** Versions made elsewhere to weigh instead of building any: folders or .onnx files. */
  readonly candidates?: readonly string[];
  /** The command as the user can repeat it. */
  readonly command: string;
  /** Relative paths start here. */
  readonly base: string;
  readonly signal: AbortSignal;
  readonly progress?: (progress: Progress) => void;
  readonly log?: Context['log'];
  /** The machine to decide for; default: this one. */
  readonly machine?: Machine;
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

/** Everything that can be wrong with what the user gave, found before a run folder exists. */
const prepare = async (settings: TuneSettings) => {
  const { scenario, folder: scenarioFolder, text } = await readScenario(settings.scenario, metrics);
  const say = settings.progress ?? (() => undefined);
  say({ label: 'reading the model and the data', done: 0, total: null });
  for (const { technique, options } of scenario.candidates?.flatMap(({ steps }) => steps) ?? [])
    parseOptions(technique, techniqueOf(technique).options, options);
  checkCandidates(settings.candidates ?? [], settings.base);
  const found = await findModel(await locateModel(scenario.model, scenarioFolder, say));
  const task = await makeTask(scenario, found);
  const data = await loadData(scenario, scenarioFolder, task);
  for (const warning of data.warnings) settings.log?.('warn', warning);
  const evaluators = await evaluatorsOf(scenario, scenarioFolder, task);
  return {
    scenario,
    scenarioFolder,
    text,
    found,
    task,
    data,
    evaluators,
    machine: settings.machine ?? (await readMachine()),
  };
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
  const { scenario, scenarioFolder, text, found, task, data, evaluators, machine } = await prepare(settings);
  const folder = await runFolder({
    name: scenario.name,
    out: settings.out,
    resume: settings.resume === true,
    base: settings.base,
    now: new Date(),
  });
  const work = join(folder, 'work');
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  const session: SessionOptions = { ...defaultSessionOptions, ...scenario.session };
  const store = await openStore(folder, { note: (message) => settings.log?.('warn', message) });
  try {
    const encode = encodings(
      {
        task,
        wanted: scenario.task,
        found,
        compared: (data.calibration ?? data.evaluation).examples,
        calibration: data.calibration?.examples ?? null,
        train: data.train,
        validation: data.validation,
        seed: scenario.seed,
      },
      work,
    );
    const plain = await encode(new Map());
    const context = createContext({
      seed: scenario.seed,
      workFolder: work,
      signal: settings.signal,
      session,
      calibration: plain.calibration,
      learning: plain.learning,
      companionFolder: found.folder.root,
      checkpointFolder: join(folder, 'checkpoints'),
      ...(settings.log === undefined ? {} : { log: settings.log }),
      ...(settings.progress === undefined ? {} : { progress: settings.progress }),
    });
    const run: Run = {
      scenario,
      scenarioFolder,
      folder,
      store,
      context,
      found,
      task,
      data,
      encode,
      evaluators,
      session,
      machine,
    };
    await appendNewest(store, {
      kind: 'run',
      key: digestOf({
        kind: 'run',
        text,
        model: found.digest,
        data: data.digest,
        machine: machine.digest,
        candidates: settings.candidates ?? null,
      }),
      at: new Date().toISOString(),
      seconds: 0,
      scenario,
      scenarioFile: settings.scenario,
      command: settings.command,
      model: { source: scenario.model, digest: found.digest, sizeBytes: found.sizeBytes, parameters: found.parameters },
      data: data.described,
      machine,
    });
    const { inputs } = plain;
    if (settings.candidates !== undefined)
      return await decideRun(
        run,
        await outsideCandidates(settings.candidates, settings.base, run, inputs),
        machine,
        false,
      );
    const chains = scenario.candidates ?? (await defaultChains(found.model, machine, context, scenario.budget.minutes));
    const original = await context.open(found.folder.modelPath, session);
    try {
      const workshop: Workshop = {
        run,
        inputs,
        original,
        runtime: machine.onnxruntime,
        instructionSets: machine.instructionSets,
      };
      const built = distinct(await buildAll(workshop, chains));
      // A list that the user wrote is weighed as it stands.
      const mended = scenario.candidates === null ? await rescue(workshop, chains, built, machine) : [];
      const result = await decideRun(run, distinct([...built, ...mended]), machine, true);
      // What was trained is built: nothing goes on from here.
      await rm(join(folder, 'checkpoints'), { recursive: true, force: true });
      return result;
    } finally {
      await original.close();
    }
  } catch (error) {
    // Whatever failed because the user stopped the run, they stopped the run.
    throwIfCancelled(settings.signal);
    throw error;
  } finally {
    await store.close();
    await rm(work, { recursive: true, force: true });
  }
};
