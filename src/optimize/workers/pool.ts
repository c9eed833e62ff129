import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { SteelyardError, type Context } from '../../contracts/index.ts';
import { createRoom, type Room } from '../../model/tensor/index.ts';
import { programPath } from '../../package/index.ts';
import { inOrder } from './in-order.ts';
import { jobs as ours, type Jobs } from './jobs.ts';
import { buffersOf, ownCopy } from './travel.ts';
import type { Answer, Job, Order } from './types.ts';

/** Below this many steps (some milliseconds) a job runs where it is called. */
const smallSteps = 2_000_000;

/** Threads take a tenth of a second to start: so much work, in jobs of up to so many steps, is done where it is called before the first one. */
const firstSteps = 200_000_000;
const briefSteps = 50_000_000;

type Table = Readonly<Record<string, Job<never, object>>>;
export type InputOf<J> = J extends Job<infer I, object> ? I : never;
export type OutputOf<J> = J extends Job<never, infer O> ? O : never;

/** Threads for arithmetic, started when the first large job comes. Results never depend on how many there are. */
export interface Workers<T extends Table = Jobs> {
  /** How many jobs run at the same time. */
  readonly threads: number;
  /** Run a job. Typed arrays of the input are copied, shared memory is not; the caller keeps its own.
   *  Errors: those of the job; `optimize/worker` when a thread died (memory); `engine/cancelled`. */
  run<N extends keyof T & string>(name: N, input: InputOf<T[N]>): Promise<OutputOf<T[N]>>;
  /** One job for each item: inputs are made when a thread is about to be free, so that only a few exist at a time; outputs are
   *  handed over in the order of the items. `take`: memory that an item may be read into, used again for a later one.
   *  Errors: as for `run`; those of the callbacks. The first one stops all. */
  each<N extends keyof T & string, Item>(
    name: N,
    items: readonly Item[],
    prepare: (item: Item, take: Room['take']) => InputOf<T[N]> | Promise<InputOf<T[N]>>,
    take: (output: OutputOf<T[N]>, item: Item) => void | Promise<void>,
  ): Promise<void>;
  /** Stops the threads. Waiting jobs fail with `engine/cancelled`. */
  close(): Promise<void>;
}

export interface WorkerSettings {
  readonly signal: AbortSignal;
  /** Default: as many as the processor has. */
  readonly threads?: number | undefined;
  /** Run everything in threads, however small. */
  readonly always?: boolean;
  /** The thread program; default: the one that knows `jobs.ts`. */
  readonly entry?: string;
  /** A limit on each thread's own objects (typed arrays do not count); default: Node's. */
  readonly maxOldGenerationMb?: number;
}

interface Pending {
  readonly order: Order;
  readonly done: (output: object) => void;
  readonly fail: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  current: Pending | null;
}

const cancelled = (): SteelyardError => new SteelyardError('engine/cancelled', 'stopped during arithmetic');

const failureOf = (answer: Exclude<Answer, { kind: 'done' }>, name: string): Error => {
  switch (answer.kind) {
    case 'unknown':
      return new SteelyardError(
        'optimize/build',
        `the compiled worker thread does not know the job "${name}"`,
        'it is older than the source: run npm run build',
      );
    case 'fault':
      return new SteelyardError(answer.code, answer.message, answer.hint);
    case 'bug': {
      const error = new Error(answer.message);
      error.stack = answer.stack;
      return error;
    }
  }
};

/** Threads for a technique's arithmetic over any table of jobs; `close` them when done. */
export const openWorkersFor = <T extends Table>(table: T, settings: WorkerSettings): Workers<T> => {
  const { signal } = settings;
  const threads = Math.max(1, settings.threads ?? availableParallelism());
  const pool: Thread[] = [];
  const queue: Pending[] = [];
  let closed = false;
  let ids = 0;
  let inlineSteps = 0;

  const failAll = (error: unknown): void => {
    for (const one of queue.splice(0)) one.fail(error);
    for (const thread of pool) {
      thread.current?.fail(error);
      thread.current = null;
    }
  };
  const close = async (): Promise<void> => {
    closed = true;
    signal.removeEventListener('abort', onAbort);
    failAll(cancelled());
    await Promise.all(pool.splice(0).map(({ worker }) => worker.terminate()));
  };
  const onAbort = (): void => void close();
  signal.addEventListener('abort', onAbort, { once: true });

  const died = (thread: Thread, cause: unknown): void => {
    const at = pool.indexOf(thread);
    if (at < 0) return;
    pool.splice(at, 1);
    const name = thread.current?.order.name ?? 'nothing';
    const memory = (cause as { code?: string } | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY';
    thread.current?.fail(
      new SteelyardError(
        'optimize/worker',
        `a worker thread died while doing ${name}: ${memory ? 'out of memory' : cause instanceof Error ? cause.message : `exit code ${String(cause)}`}`,
        memory ? 'use a machine with more memory, or a smaller model' : undefined,
        cause instanceof Error ? { cause } : undefined,
      ),
    );
    thread.current = null;
    try {
      assign();
    } catch (error) {
      failAll(error);
    }
  };
  const start = (): void => {
    const thread: Thread = {
      worker: new Worker(settings.entry ?? programPath('optimize/workers/thread.js', 'optimize/build'), {
        resourceLimits:
          settings.maxOldGenerationMb === undefined ? {} : { maxOldGenerationSizeMb: settings.maxOldGenerationMb },
      }),
      current: null,
    };
    pool.push(thread);
    thread.worker.unref();
    thread.worker.on('message', (answer: Answer) => {
      const pending = thread.current;
      thread.current = null;
      thread.worker.unref();
      if (pending !== null) {
        if (answer.kind === 'done') pending.done(answer.output);
        else pending.fail(failureOf(answer, pending.order.name));
      }
      assign();
    });
    thread.worker.on('error', (error) => died(thread, error));
    thread.worker.on('exit', (code) => died(thread, code));
  };
  const assign = (): void => {
    while (queue.length > 0 && !closed) {
      if (!pool.some(({ current }) => current === null) && pool.length < threads) start();
      const free = pool.find(({ current }) => current === null);
      if (free === undefined) return;
      const next = queue.shift()!;
      free.current = next;
      free.worker.ref();
      free.worker.postMessage(next.order, buffersOf(next.order.input));
    }
  };

  const run = async (name: string, input: object): Promise<object> => {
    if (signal.aborted || closed) throw cancelled();
    const { run: work, steps } = table[name] as unknown as Job<object, object>;
    const cost = steps(input);
    const brief = cost <= briefSteps && pool.length === 0 && inlineSteps + cost <= firstSteps;
    if (settings.always !== true && (cost < smallSteps || brief)) {
      if (cost >= smallSteps) inlineSteps += cost;
      return work(input);
    }
    return new Promise((done, fail) => {
      queue.push({ order: { id: ids++, name, input: ownCopy(input) }, done, fail });
      try {
        assign();
      } catch (error) {
        failAll(error);
      }
    });
  };

  return {
    threads,
    run: run as unknown as Workers<T>['run'],
    each: (name, items, prepare, take) => {
      // One more than threads: the next input is ready when a thread becomes free.
      const ahead = threads + 1;
      // A job is done, or its input copied, before the item that comes so much later is prepared.
      const rooms = Array.from({ length: ahead }, createRoom);
      let started = 0;
      return inOrder(
        items,
        ahead,
        async (item) => {
          if (signal.aborted || closed) throw cancelled();
          const room = rooms[started++ % ahead]!;
          return run(name, (await prepare(item, room.take)) as object);
        },
        (output, item) => take(output as never, item),
      );
    },
    close,
  };
};

/** Threads for the jobs that techniques declare in `jobs.ts`, for as long as `work` runs. */
export const withWorkers = async <R>(
  { signal, cores }: Pick<Context, 'signal' | 'cores'>,
  work: (workers: Workers) => Promise<R>,
): Promise<R> => {
  const workers = openWorkersFor(ours, { signal, threads: cores });
  try {
    return await work(workers);
  } finally {
    await workers.close();
  }
};
