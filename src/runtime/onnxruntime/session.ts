import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SteelyardError, defaultSessionOptions } from '../../contracts/index.ts';
import type {
  DataType,
  Descended,
  Descent,
  Feeds,
  RunOptions,
  RunResult,
  Session,
  SessionOptions,
  SessionUsage,
  Training,
  TrainingSession,
  Value,
  ValueInfo,
} from '../../contracts/index.ts';
import { programPath } from '../../package/index.ts';
import { refused } from './fault.ts';
import { checkRun, checkTraining, checkWrite } from './feeds.ts';
import { keepingMemory, Supervised } from './process.ts';
import { hasSpare, keepSpare, takeSpare } from './spare.ts';
import type { Answers, Profiling, Ran, Request, Slot } from './protocol.ts';

const childPath = (): string => programPath('runtime/onnxruntime/child.js', 'runtime/build');

/** Bounds on one session. */
export interface SessionControl {
  /** Ends the process at once. */
  readonly signal?: AbortSignal | undefined;
  /** Default 120 s. */
  readonly loadTimeoutMs?: number | undefined;
  /** For one call. Default 300 s. */
  readonly runTimeoutMs?: number | undefined;
  /** The process may have run another model before, and may run another one after: opening takes a quarter of the time. For trials; whoever
   *  measures time or memory wants a fresh one. Default: false. */
  readonly reuse?: boolean | undefined;
  /** Resident set at which the process is ended with `runtime/memory`. Default: none. Watched on Linux. */
  readonly memoryLimitBytes?: number | undefined;
}

const usageTimeoutMs = 30_000;
const unloadTimeoutMs = 10_000;

/** The library answers no dimensions for a scalar and for a tensor of unknown rank alike: then none are claimed. */
const toInfo = ({ name, tensor }: Slot): ValueInfo => ({
  name,
  type:
    tensor === null
      ? { kind: 'other' }
      : {
          kind: 'tensor',
          dtype: tensor.dtype as DataType,
          dims: tensor.dims.length === 0 ? null : tensor.dims.map((dim) => (dim === '' ? null : dim)),
        },
});

/** Threads of an idle session go on spinning for a while and take the cores from the session that runs next:
 *  they stop with the call, unless the caller decides otherwise. */
const withDefaults = (options: Partial<SessionOptions>): SessionOptions => {
  const full = { ...defaultSessionOptions, ...options };
  if (full.intraOpThreads === 1 && full.interOpThreads === 1) return full;
  return { ...full, config: { 'session.force_spinning_stop': '1', ...full.config } };
};

const checkFile = async (path: string): Promise<void> => {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new SteelyardError('runtime/load', `cannot read the model ${path}: ${error.code ?? error.message}`);
  });
  if (!found.isFile()) throw new SteelyardError('runtime/load', `the model ${path} is not a file`);
};

/** Start a process that will be asked for a session with `reuse` soon, so that it gets ready while other work goes on. Without effect where one
 *  waits already. Errors: `runtime/build`. */
export const prepareProcess = (): void => {
  if (!hasSpare()) keepSpare(new Supervised('a process that waits for a model', childPath(), {}, [], keepingMemory));
};

/** A session that writes down its optimized graph and what each kernel took. */
export interface ProfiledSession extends Session {
  /** End profiling: after it, the profile file is complete. */
  finish(): Promise<void>;
}

/** All that a session's process can be asked for. */
interface Opened extends ProfiledSession, TrainingSession {
  train(training: Training): Promise<void>;
}

/** Load a model file in its own process.
 *  Errors: `runtime/load` (not there, or the runtime refuses it), `runtime/crashed`, `runtime/timeout`, `runtime/memory`,
 *  `runtime/closed` (cancelled), `runtime/build` (the product is not compiled). */
export const openSession = async (
  modelPath: string,
  options: Partial<SessionOptions> = {},
  control: SessionControl = {},
): Promise<Session> => {
  const { run, read, usage, close, ...about } = await open(modelPath, options, control, null);
  const { inputs, outputs, startMs, loadMs } = about;
  return { inputs, outputs, startMs, loadMs, run, read, usage, close };
};

/** `openSession` for a model whose weights learn: they are inputs of it. Errors: as `openSession`; `runtime/run` when an input or a gradient
 *  is not there. */
export const openTraining = async (
  modelPath: string,
  training: Training,
  options: Partial<SessionOptions> = {},
  control: SessionControl = {},
): Promise<TrainingSession> => {
  const session = await open(modelPath, options, control, null);
  try {
    await session.train(training);
  } catch (error) {
    await session.close();
    throw error;
  }
  return session;
};

/** `openSession` with profiling on; the files appear where `profile` says. Errors: as `openSession`. */
export const openProfiled = (
  modelPath: string,
  options: Partial<SessionOptions>,
  control: SessionControl,
  profile: Profiling,
): Promise<ProfiledSession> => open(modelPath, options, control, profile);

const open = async (
  modelPath: string,
  options: Partial<SessionOptions>,
  control: SessionControl,
  profile: Profiling | null,
): Promise<Opened> => {
  const start = performance.now();
  const path = resolve(modelPath);
  const what = join(basename(dirname(path)), basename(path));
  const runTimeoutMs = control.runTimeoutMs ?? 300_000;
  await checkFile(path);
  const spare = control.reuse === true ? takeSpare() : null;
  spare?.wake(what, control);
  const child = spare ?? new Supervised(what, childPath(), control, [], control.reuse === true ? keepingMemory : {});
  const closed = new SteelyardError('runtime/closed', `${what}: the session is closed`);
  let over = false;
  let busy = 0;

  // In the order of the calls. While the process works on one, the next already lies before it, so that it does not stand still between two;
  // but one at a time from the first call that keeps a value: what may be sent then depends on how the one before ended.
  let last: Promise<unknown> = Promise.resolve();
  let beforeLast: Promise<unknown> = last;
  let ordered = false;
  const ask = <K extends Request['kind']>(
    prepare: () => Omit<Extract<Request, { kind: K }>, 'id'>,
    code: 'runtime/load' | 'runtime/run',
    timeoutMs: number,
  ): Promise<Answers[K]> => {
    if (over) return Promise.reject(closed);
    busy++;
    const begins = last;
    const turn = (ordered ? last : beforeLast).then(async () => {
      if (child.fault !== null) throw child.fault;
      const reply = await child.ask<K>(prepare(), timeoutMs, begins);
      if (!reply.ok) throw refused(code, what, reply.message);
      return reply.value;
    });
    const done = (): void => void busy--;
    beforeLast = last;
    last = Promise.all([last, turn.then(done, done)]);
    return turn;
  };

  const loaded = await ask<'load'>(
    () => ({ kind: 'load', path, options: withDefaults(options), profile }),
    'runtime/load',
    control.loadTimeoutMs ?? 120_000,
  ).catch(async (error: unknown) => {
    await child.kill(closed);
    throw error;
  });
  const startMs = performance.now() - start;
  let training: Training | null = null;
  const learning = (): Training => {
    if (training === null) throw new SteelyardError('runtime/run', `${what}: no weights learn here`);
    return training;
  };
  const kept = new Set<string>();
  /** Weights that learn and have values. */
  const written = new Set<string>();

  const ran = async (feeds: Feeds, runOptions: RunOptions, descent: Descent | null): Promise<Ran> => {
    let settle = (): void => undefined;
    if (Object.keys(runOptions.keep ?? {}).length > 0) ordered = true;
    const result = await ask<'run'>(
      () => {
        const there = new Set([...kept, ...written]);
        const call = checkRun(what, loaded.inputs, loaded.outputs, there, feeds, runOptions);
        settle = () => {
          for (const name of Object.keys({ ...call.feeds, ...call.zeros })) kept.delete(name);
          for (const name of Object.values(call.keep)) kept.add(name);
        };
        return { kind: 'run', ...call, cpu: runOptions.cpu ?? true, descent };
      },
      'runtime/run',
      runTimeoutMs,
    );
    settle();
    return result;
  };

  const run = async (feeds: Feeds, runOptions: RunOptions = {}): Promise<RunResult> => {
    const { norm: _, ...result } = await ran(feeds, runOptions, null);
    return result;
  };

  const read = async (inputs: readonly string[]): Promise<Readonly<Record<string, Value>>> =>
    ask<'read'>(
      () => {
        const missing = inputs.find((name) => !kept.has(name));
        if (missing !== undefined)
          throw new SteelyardError('runtime/run', `${what}: no value is kept for input "${missing}"`);
        return { kind: 'read', inputs };
      },
      'runtime/run',
      runTimeoutMs,
    );

  const descend = async (feeds: Feeds, step: Descent, fetch: readonly string[]): Promise<Descended> => {
    const { norm, ...result } = await ran(feeds, { fetch }, step);
    return { ...result, norm: norm! };
  };

  return {
    inputs: loaded.inputs.map(toInfo),
    outputs: loaded.outputs.map(toInfo),
    startMs,
    loadMs: loaded.loadMs,
    run,
    read,
    descend,
    train: async (given): Promise<void> => {
      // What may be sent next depends on how the call before ended.
      ordered = true;
      checkTraining(what, loaded.inputs, loaded.outputs, given);
      await ask<'train'>(() => ({ kind: 'train', training: given }), 'runtime/run', runTimeoutMs);
      training = given;
    },
    writeWeights: async (values): Promise<void> => {
      await ask<'writeWeights'>(
        () => {
          checkWrite(what, learning(), values);
          return { kind: 'writeWeights', values };
        },
        'runtime/run',
        runTimeoutMs,
      );
      for (const { weight } of learning().weights) if (Object.hasOwn(values, weight)) written.add(weight);
    },
    readWeights: (names): Promise<Feeds> =>
      ask<'readWeights'>(
        () => {
          learning();
          return { kind: 'readWeights', names };
        },
        'runtime/run',
        runTimeoutMs,
      ),
    usage: ({ collect = false } = {}): Promise<SessionUsage> =>
      ask<'usage'>(() => ({ kind: 'usage', collect }), 'runtime/run', usageTimeoutMs),
    finish: async (): Promise<void> => {
      await ask<'finish'>(() => ({ kind: 'finish' }), 'runtime/run', usageTimeoutMs);
    },
    close: async (): Promise<void> => {
      // The process may be someone else's by now.
      if (over) return;
      over = true;
      const idle = busy === 0 && child.fault === null;
      if (control.reuse === true && idle && profile === null) {
        const { ok } = await child.ask<'unload'>({ kind: 'unload' }, unloadTimeoutMs).catch(() => ({ ok: false }));
        if (ok && child.fault === null && keepSpare(child)) return;
      }
      await child.kill(closed);
    },
  };
};
