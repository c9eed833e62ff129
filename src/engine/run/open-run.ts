import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  defaultSessionOptions,
  soloCrew,
  type Context,
  type Crew,
  type Feeds,
  type Progress,
  type Session,
  type SessionOptions,
  type Store,
} from '../../contracts/index.ts';
import { digestOf } from '../../records/index.ts';
import { createContext } from './context.ts';
import { encodings } from './encoding.ts';
import type { Prepared } from './prepare.ts';
import type { Run } from './run.ts';
import type { Workshop } from './workshop.ts';

export interface OpenRunSettings {
  /** The run's folder: versions, checkpoints, scratch files. */
  readonly folder: string;
  readonly store: Store;
  readonly crew?: Crew;
  /** The run decides for another machine: nothing is to be run on this one, and this says so. */
  readonly elsewhere?: (() => Error) | null;
  readonly signal: AbortSignal;
  readonly progress?: (progress: Progress) => void;
  readonly log?: Context['log'];
}

/** A run ready to work. */
export interface OpenRun {
  readonly run: Run;
  /** Real inputs to compare each version with the original on. */
  readonly inputs: readonly Feeds[];
  /** The place where versions are built, with the original loaded beside; opened at the first call. */
  workshop(): Promise<Workshop>;
  /** Forget what was only needed while it went on. The store stays open: it is its opener's. */
  close(): Promise<void>;
}

/** The original, where it must not be run. */
const absent = (elsewhere: () => Error): Session => {
  const refuse = (): Promise<never> => Promise.reject(elsewhere());
  return {
    inputs: [],
    outputs: [],
    startMs: 0,
    loadMs: 0,
    run: refuse,
    read: refuse,
    usage: refuse,
    close: () => Promise.resolve(),
  };
};

/** Make the world that a run works in from what the user gave. Errors: those of reading the data with the model's tokenizer. */
export const openRun = async (prepared: Prepared, settings: OpenRunSettings): Promise<OpenRun> => {
  const { scenario, scenarioFolder, found, task, data, evaluators, machine } = prepared;
  const { folder, store } = settings;
  const work = join(folder, 'work');
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  const session: SessionOptions = { ...defaultSessionOptions, ...scenario.session };
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
  const { inputs, calibration, learning } = await encode(new Map());
  const { elsewhere = null } = settings;
  const local = createContext({
    seed: scenario.seed,
    workFolder: work,
    signal: settings.signal,
    session,
    calibration,
    learning,
    companionFolder: found.folder.root,
    checkpointFolder: join(folder, 'checkpoints'),
    ...(settings.log === undefined ? {} : { log: settings.log }),
    ...(settings.progress === undefined ? {} : { progress: settings.progress }),
  });
  const context: Context =
    elsewhere === null
      ? local
      : { ...local, open: () => Promise.reject(elsewhere()), openTraining: () => Promise.reject(elsewhere()) };
  const run: Run = {
    scenario,
    scenarioFolder,
    folder,
    store,
    crew: settings.crew ?? soloCrew,
    context,
    found,
    task,
    data,
    encode,
    evaluators,
    session,
    machine,
  };
  let workshop: Promise<Workshop> | null = null;
  return {
    run,
    inputs,
    workshop() {
      const opening = (): Promise<Session> =>
        elsewhere === null
          ? context.open(found.folder.modelPath, session, { shared: true })
          : Promise.resolve(absent(elsewhere));
      workshop ??= opening().then((original) => ({
        run,
        inputs,
        compared: digestOf({
          data: (data.calibration ?? data.evaluation).digest,
          task: task.fingerprint,
          seed: scenario.seed,
        }),
        original,
        runtime: machine.onnxruntime,
        instructionSets: machine.instructionSets,
      }));
      return workshop;
    },
    async close() {
      const opened = await workshop?.catch(() => null);
      await opened?.original.close();
      await rm(work, { recursive: true, force: true });
    },
  };
};
