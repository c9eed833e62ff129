import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SteelyardError, type Context, type Model, type Progress } from '../../contracts/index.ts';
import { writeFolder } from '../../model/write-folder.ts';
import { accuracyOfRows, type EpochResult } from '../../optimize/training/index.ts';
import { digestOf } from '../../records/index.ts';
import { readMachine } from '../../runtime/index.ts';
import { createContext } from '../run/context.ts';
import { learningRows } from '../run/learning.ts';
import { packageVersion } from '../../package/index.ts';
import { trainingCard, type TrainFacts } from './train-card.ts';
import { readTraining, type TrainPlan } from './train-config.ts';
import { fromModel } from './train-further.ts';
import type { Prepared } from './train-prepared.ts';
import { fromScratch } from './train-scratch.ts';

export type { EpochResult } from '../../optimize/training/index.ts';

export interface TrainModelSettings {
  /** Path of the training file. */
  readonly config: string;
  /** The model folder to write; it appears whole or not at all. */
  readonly out: string;
  /** Go on with a training of this `out` that was stopped. */
  readonly resume: boolean;
  readonly base: string;
  readonly signal: AbortSignal;
  readonly progress?: (progress: Progress) => void;
  readonly log?: Context['log'];
  readonly onEpoch?: (result: EpochResult) => void;
  /** The model card; default: the numbers of the run. */
  readonly card?: (facts: TrainFacts) => string;
  /** Replace a folder that is there. */
  readonly overwrite?: boolean;
}

export interface TrainModelResult extends TrainFacts {
  readonly written: string;
  readonly sizeBytes: number;
}

const stateFile = 'training.json';
const checkpointFile = join('checkpoint', 'checkpoint.bin');

/** Where the checkpoints of a training lie until it is done. Errors: `engine/run-exists`, `engine/no-run`. */
const openWork = async (
  out: string,
  shown: string,
  resume: boolean,
): Promise<{ work: string; before: string | null }> => {
  const work = join(dirname(out), `.${basename(out)}.training`);
  const path = join(work, stateFile);
  const before = resume && existsSync(path) ? await readFile(path, 'utf8') : null;
  if (!resume && existsSync(join(work, checkpointFile)))
    throw new SteelyardError(
      'engine/run-exists',
      `a training into ${shown} was stopped before its end`,
      `add --resume to go on with it, or delete ${work}`,
    );
  if (before === null && resume)
    throw new SteelyardError('engine/no-run', `no stopped training into ${shown}`, 'leave --resume out to start one');
  await mkdir(work, { recursive: true });
  return { work, before };
};

/** What a stopped training was about; another one cannot go on from its checkpoint. Errors: `training/changed`. */
const holdIdentity = async (
  work: string,
  before: string | null,
  plan: TrainPlan,
  prepared: Prepared,
): Promise<void> => {
  const { data, identity } = prepared;
  const { tests: _tests, ...sources } = plan.data;
  const digest = digestOf({
    steelyard: packageVersion,
    plan: { ...plan, name: '', data: null, settings: plan.settings },
    columns: JSON.stringify(Object.values(sources).map((one) => one?.columns ?? null)),
    train: data.train.digest,
    validation: data.validation.digest,
    identity,
  });
  if (before !== null) {
    const { digest: stated } = JSON.parse(before) as { digest?: string };
    if (stated !== digest)
      throw new SteelyardError(
        'training/changed',
        'the settings, the data or the model changed since the training was stopped',
        `restore them, or delete ${work} to start anew`,
      );
    return;
  }
  const path = join(work, stateFile);
  await writeFile(`${path}.part`, `${JSON.stringify({ digest })}\n`);
  await rename(`${path}.part`, path);
};

const refuseFull = async (out: string, shown: string): Promise<void> => {
  const names = await readdir(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new SteelyardError('model/write', `cannot write to ${shown}: ${error.message}`);
  });
  if (names.length > 0)
    throw new SteelyardError(
      'model/exists',
      `${shown}: the folder is not empty`,
      'give a new folder, or remove this one first',
    );
};

/** Share of right answers on each set of test data. */
const tested = async (
  prepared: Prepared,
  model: Model,
  threads: number,
  context: Context,
): Promise<Record<string, number>> => {
  const accuracy: Record<string, number> = {};
  if (prepared.data.tests.size === 0) return accuracy;
  const session = await context.open(model, { intraOpThreads: threads });
  try {
    for (const [name, examples] of prepared.data.tests) {
      context.progress({ label: `testing on ${name}`, done: 0, total: null });
      accuracy[name] = await accuracyOfRows(session, prepared.task.output!, learningRows(prepared.task, examples));
    }
  } finally {
    await session.close();
  }
  return accuracy;
};

/** Train a classifier as a file says, from scratch or from a given model, and write it as a model folder in the Hugging Face layout with its
 *  tokenizer and a model card. A training that is stopped or killed goes on from its last checkpoint with `resume`, to the same bytes.
 *  Errors: `scenario/…`, `training/…`, `data/…`, `task/…`, `model/…`, `engine/run-exists`, `engine/no-run`, `engine/cancelled`. */
export const trainModel = async (settings: TrainModelSettings): Promise<TrainModelResult> => {
  const say = settings.progress ?? (() => undefined);
  const log = settings.log ?? (() => undefined);
  const { plan, folder } = await readTraining(resolve(settings.base, settings.config));
  const out = resolve(settings.base, settings.out);
  if (settings.overwrite !== true) await refuseFull(out, settings.out);
  const { work, before } = await openWork(out, settings.out, settings.resume);
  const scratch = join(work, 'work');
  try {
    say({ label: 'reading data', done: 0, total: null });
    const prepared =
      plan.start.kind === 'model'
        ? await fromModel(plan, plan.start.reference, folder, say)
        : await fromScratch(plan, plan.start.shape, folder, scratch);
    for (const warning of prepared.data.warnings) log('warn', warning);
    await holdIdentity(work, before, plan, prepared);
    const context = createContext({
      seed: plan.seed,
      workFolder: scratch,
      signal: settings.signal,
      progress: say,
      log,
      learning: null,
      companionFolder: prepared.source?.root ?? null,
    });
    const { task, data } = prepared;
    const result = await prepared.run(
      { checkpointFolder: join(work, 'checkpoint'), onEpoch: (epoch) => settings.onEpoch?.(epoch) },
      context,
    );
    const accuracy = {
      validation: result.score,
      ...(await tested(prepared, result.model, plan.settings.threads, context)),
    };
    const facts: TrainFacts = {
      name: plan.name,
      labels: task.labels,
      shape: prepared.shape,
      inputs: result.model.graph.inputs
        .map(({ name }) => name)
        .filter((name) => !result.model.graph.initializers.has(name)),
      output: task.output!,
      settings: plan.settings,
      seed: plan.seed,
      weights: result.weights,
      accuracy,
      counts: Object.fromEntries([
        ['train', data.train.examples.length],
        ['validation', data.validation.examples.length],
        ...[...data.tests].map(([name, examples]) => [name, examples.length] as const),
      ]),
      history: result.history,
      bestEpoch: result.bestEpoch,
      stopped: result.stopped,
    };
    const card = Buffer.from((settings.card ?? trainingCard)(facts));
    const machine = await readMachine();
    const written = await writeFolder(out, {
      source: prepared.source,
      model: result.model,
      suffix: '',
      replaced: new Map([...prepared.replaced, ['README.md', card]]),
      receipt: receiptOf(facts, prepared, machine),
      overwrite: settings.overwrite === true,
    });
    await rm(work, { recursive: true, force: true });
    return {
      ...facts,
      written: written.root,
      sizeBytes: written.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    };
  } catch (error) {
    // Without a checkpoint there is nothing to go on from.
    if (!existsSync(join(work, checkpointFile))) await rm(work, { recursive: true, force: true });
    throw error;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};

/** What steelyard.json says about a trained model. Nothing in it depends on the clock: the same training writes the same bytes. */
const receiptOf = (
  facts: TrainFacts,
  { data, identity }: Prepared,
  machine: Awaited<ReturnType<typeof readMachine>>,
) => ({
  steelyard: packageVersion,
  trained: {
    ...identity,
    settings: facts.settings,
    seed: facts.seed,
    data: { train: data.train.digest, validation: data.validation.digest },
    epochs: facts.history.map(({ epoch, loss, score }) => ({ epoch, loss, score })),
    bestEpoch: facts.bestEpoch,
    stopped: facts.stopped,
    accuracy: facts.accuracy,
  },
  builtOn: {
    cpu: machine.cpu,
    instructionSets: machine.instructionSets,
    onnxruntime: machine.onnxruntime,
    node: machine.node,
  },
});
