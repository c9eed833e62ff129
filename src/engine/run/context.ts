import { setMaxListeners } from 'node:events';
import { mkdirSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type {
  Context,
  Feeds,
  Learning,
  Model,
  ProcessUse,
  Progress,
  Session,
  SessionOptions,
} from '../../contracts/index.ts';
import { SteelyardError, usableCores } from '../../contracts/index.ts';
import { encodeFile } from '../../model/onnx/index.ts';
import { aside, byteLengthOf, readTensor, scratch } from '../../model/tensor/index.ts';
import { groupLimits } from '../../runtime/index.ts';
import { openSession, openTraining, prepareProcess } from '../../runtime/onnxruntime/index.ts';
import { seeded } from '../../statistics/index.ts';

export interface ContextSettings {
  readonly seed: number;
  /** Models in memory are written here before a session opens them, and removed when it closes. */
  readonly workFolder: string;
  readonly signal?: AbortSignal;
  readonly log?: Context['log'];
  readonly progress?: (progress: Progress) => void;
  readonly calibration?: (() => AsyncIterable<Feeds>) | null;
  readonly session?: Partial<SessionOptions>;
  readonly learning?: Learning | null;
  /** Where the files beside the model lie; null: there are none. */
  readonly companionFolder?: string | null;
  /** Where long work leaves its checkpoints, so that an interrupted run goes on; null: nowhere. */
  readonly checkpointFolder?: string | null;
}

/** A file beside the model; null when there is none by this name. */
const companionIn =
  (folder: string | null) =>
  async (name: string): Promise<Uint8Array | null> => {
    if (folder === null) return null;
    try {
      return await readFile(join(folder, name));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw new SteelyardError('model/data', `${join(folder, name)} cannot be read`, 'check its permissions', {
        cause,
      });
    }
  };

const mappedFromBytes = 4 << 20;
const weightBytes = ({ graph }: Model): number => {
  let total = 0;
  for (const { dtype, dims } of graph.initializers.values()) if (dtype !== 'string') total += byteLengthOf(dtype, dims);
  return total;
};

let opened = 0;

/** The real world as techniques and evaluators see it: clock, seeded randomness, tensor bytes and sessions in child processes. */
export const createContext = (settings: ContextSettings): Context => {
  const signal = settings.signal ?? new AbortController().signal;
  // Every open session listens, and timing holds all versions open at once.
  setMaxListeners(0, signal);
  /** A model in memory as a file, and the session that is opened on it; the file goes when the session closes. */
  const written = async <S extends Session>(model: Model, openFile: (path: string) => Promise<S>): Promise<S> => {
    // External data of a model in memory may lie anywhere, so each one gets a folder of its own.
    const folder = join(settings.workFolder, `session-${process.pid}-${opened++}`);
    // It starts while the file is written.
    prepareProcess();
    await mkdir(folder, { recursive: true });
    const clean = (): Promise<void> => rm(folder, { recursive: true, force: true });
    try {
      const path = join(folder, 'model.onnx');
      // The runtime maps weights that lie beside the graph, and copies what it needs; weights inside it are copied twice.
      await encodeFile(model, path, { externalData: weightBytes(model) > mappedFromBytes ? 'always' : 'auto' });
      const inner = await openFile(path);
      return Object.create(inner, {
        close: {
          value: async (): Promise<void> => {
            await inner.close();
            await clean();
          },
        },
      }) as S;
    } catch (error) {
      await clean();
      throw error;
    }
  };
  const open = async (
    model: Model | string,
    options: Partial<SessionOptions> = {},
    { shared = false }: ProcessUse = {},
  ): Promise<Session> => {
    const session = { ...settings.session, ...options };
    if (typeof model === 'string') return openSession(model, session, { signal, reuse: shared });
    // A model in memory is a trial: nobody measures its process.
    return written(model, (path) => openSession(path, session, { signal, reuse: true }));
  };
  const keep = scratch(join(settings.workFolder, `scratch-${process.pid}-${opened++}`));
  return {
    signal,
    seed: settings.seed,
    cores: usableCores({ cores: availableParallelism(), cgroupCpuLimit: groupLimits().cpus }),
    now: () => performance.now(),
    random: (label) => seeded(settings.seed, label),
    log: settings.log ?? (() => undefined),
    progress: settings.progress ?? (() => undefined),
    bytes: (tensor, take) => readTensor(tensor, take),
    keep,
    aside: () => aside(join(settings.workFolder, `aside-${process.pid}-${opened++}`)),
    open,
    openTraining: (model, training, options = {}) =>
      written(model, (path) =>
        openTraining(path, training, { ...settings.session, ...options }, { signal, reuse: true }),
      ),
    calibration: settings.calibration ?? null,
    learning: settings.learning ?? null,
    originalLearning: settings.learning ?? null,
    original: null,
    companion: companionIn(settings.companionFolder ?? null),
    checkpoints: (name) => {
      const root = settings.checkpointFolder ?? null;
      if (root === null) return null;
      const folder = join(root, name.replace(/[^\w.-]+/g, '-'));
      mkdirSync(folder, { recursive: true });
      return folder;
    },
  };
};

/** Throw when the user cancelled or the budget ended. Errors: `engine/cancelled`. */
export const throwIfCancelled = (signal: AbortSignal): void => {
  if (!signal.aborted) return;
  throw new SteelyardError(
    'engine/cancelled',
    'stopped before the end',
    'run the same command with --resume to go on where it stopped',
  );
};
