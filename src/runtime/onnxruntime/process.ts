import { fork, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { SteelyardError } from '../../contracts/index.ts';
import { ended } from './fault.ts';
import { isReply } from './protocol.ts';
import type { Answers, Reply, Request } from './protocol.ts';

const tailBytes = 16_384;
const memoryPollMs = 50;

/** Settings of the parent that would change how the child computes: thread counts, affinities, Node flags. */
const foreign =
  /^(OMP_|GOMP_|KMP_|MKL_|OPENBLAS_|GOTO_|BLIS_|VECLIB_|NUMEXPR_|ORT_|TF_|NODE_OPTIONS$|NODE_CHANNEL_|NODE_V8_COVERAGE$|VITEST)/;

/** The environment of a session's process. ONNX Runtime sends usage data on Linux and macOS unless told not to before it loads. */
export const childEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(env).filter(([key]) => !foreign.test(key))),
  ORT_DISABLE_TELEMETRY: '1',
});

/** For a process whose memory nobody measures: what it frees stays with it (GNU C library; others ignore this). A run's outputs lie in new arrays, and
 *  where the system zeroes each page anew, that takes longer than large sums that are kept take to compute. */
export const keepingMemory: NodeJS.ProcessEnv = { MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: '8000000000' };

let deathSignal: boolean | undefined;
/** Whether `setpriv` can make the kernel end a child together with its parent, even inside a native call that never returns. */
const hasDeathSignal = (): boolean => {
  deathSignal ??=
    process.platform === 'linux' &&
    spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true'], { timeout: 5_000 }).status === 0;
  return deathSignal;
};

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

const oomKills = (): number | null => {
  try {
    const match = /^oom_kill (\d+)$/m.exec(readFileSync('/sys/fs/cgroup/memory.events', 'utf8'));
    return match === null ? null : Number(match[1]);
  } catch {
    return null;
  }
};

/** Resident bytes of a process, or null where the system does not say. */
const residentBytes = (pid: number): number | null => {
  try {
    const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return match === null ? null : Number(match[1]) * 1024;
  } catch {
    return null;
  }
};

export interface Limits {
  readonly signal?: AbortSignal | undefined;
  /** Watched by the parent every 50 ms where /proc exists (Linux); elsewhere not watched. */
  readonly memoryLimitBytes?: number | undefined;
}

type Waiting = { readonly resolve: (reply: Reply) => void; readonly reject: (error: Error) => void };

/** One supervised child process: asks, waits, and turns every way to die into a coded error.
 *  Requests are sent as they come; the process answers them in that order. */
export class Supervised<
  Asked extends { readonly id: number; readonly kind: string } = Request,
  Given extends Readonly<Record<string, unknown>> = { [K in keyof Answers]: Answers[K] },
> {
  readonly #child: ChildProcess;
  #what: string;
  readonly #waiting = new Map<number, Waiting>();
  readonly #gone: Promise<void>;
  #fault: SteelyardError | null = null;
  #next = 1;
  #stderr = '';
  #cleanup: (() => void)[] = [];

  constructor(
    what: string,
    entry: string,
    limits: Limits,
    flags: readonly string[] = [],
    environment: NodeJS.ProcessEnv = {},
  ) {
    this.#what = what;
    const guard = hasDeathSignal();
    const kills = oomKills();
    this.#child = fork(entry, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...childEnvironment(process.env), ...environment },
      ...(guard
        ? { execPath: 'setpriv', execArgv: ['--pdeathsig', 'KILL', process.execPath, ...flags] }
        : { execArgv: [...flags] }),
    });
    const child = this.#child;
    alive.add(child);
    // What a native library prints is kept for the last words and never read as an answer.
    child.stdout?.resume();
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-tailBytes);
    });
    child.on('message', (message) => {
      if (!isReply(message)) return;
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      waiting?.resolve(message);
    });
    this.#gone = new Promise((resolve) => {
      // 'close' comes after 'exit' when stderr is drained: only then the last words are complete.
      child.once('close', (code, signal) => {
        const oomKilled = kills !== null && signal === 'SIGKILL' && (oomKills() ?? kills) > kills;
        this.#fail(ended(this.#what, { code, signal, stderr: this.#stderr, oomKilled }));
        this.#end();
        resolve();
      });
      // A process without its channel can answer no more. One that is exiting gets the time to say how.
      child.once('disconnect', () => {
        const timer = setTimeout(() => child.kill('SIGKILL'), 1_000);
        timer.unref();
        this.#cleanup.push(() => clearTimeout(timer));
      });
      child.once('error', (error) => {
        this.#fail(
          new SteelyardError('runtime/crashed', `${this.#what}: the process could not be started: ${error.message}`),
        );
        if (child.pid === undefined) {
          this.#end();
          resolve();
        }
      });
    });
    this.#watch(limits);
  }

  #watch({ signal, memoryLimitBytes }: Limits): void {
    if (signal !== undefined) {
      const abort = (): void =>
        void this.kill(
          new SteelyardError('runtime/closed', `${this.#what}: cancelled`, undefined, { cause: signal.reason }),
        );
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort, { once: true });
      this.#cleanup.push(() => signal.removeEventListener('abort', abort));
    }
    const { pid } = this.#child;
    if (memoryLimitBytes !== undefined && pid !== undefined) {
      const timer = setInterval(() => {
        const rss = residentBytes(pid);
        if (rss === null || rss <= memoryLimitBytes) return;
        const message = `${this.#what}: the process held ${rss} bytes, the limit is ${memoryLimitBytes}`;
        void this.kill(
          new SteelyardError('runtime/memory', message, 'raise the limit, or use a smaller batch or model'),
        );
      }, memoryPollMs);
      timer.unref();
      this.#cleanup.push(() => clearInterval(timer));
    }
  }

  #end(): void {
    alive.delete(this.#child);
    for (const undo of this.#cleanup) undo();
    this.#cleanup = [];
  }

  /** Nobody waits for this process now: it watches no signal, and the parent may end without it. */
  rest(): void {
    for (const undo of this.#cleanup) undo();
    this.#cleanup = [];
    this.#child.unref();
    this.#child.channel?.unref();
    for (const pipe of this.#pipes()) pipe.unref();
  }

  /** What it prints comes through sockets, each of which would keep the parent alive. */
  #pipes(): Socket[] {
    return [this.#child.stdout, this.#child.stderr].filter((pipe) => pipe instanceof Socket);
  }

  /** The process works again, for another model and under other limits. */
  wake(what: string, limits: Limits): void {
    this.#what = what;
    this.#stderr = '';
    this.#child.ref();
    this.#child.channel?.ref();
    for (const pipe of this.#pipes()) pipe.ref();
    this.#watch(limits);
  }

  #fail(fault: SteelyardError): void {
    this.#fault ??= fault;
    for (const { reject } of this.#waiting.values()) reject(this.#fault);
    this.#waiting.clear();
  }

  /** The fault it died of, or null while it lives. */
  get fault(): SteelyardError | null {
    return this.#fault;
  }

  /** End the process at once. Everything that waits, and everything asked later, rejects with `fault`. Resolves when it is gone. */
  async kill(fault: SteelyardError): Promise<void> {
    this.#fail(fault);
    this.#child.kill('SIGKILL');
    await this.#gone;
  }

  /** Send one request and wait for its answer. `begins`: when the process turns to it, where it is at work on another one; the time limit counts
   *  from then. Default: at once.
   *  Errors: the code that the process died of; `runtime/timeout` after `timeoutMs`, which ends the process. */
  async ask<K extends Asked['kind']>(
    request: Omit<Extract<Asked, { kind: K }>, 'id'>,
    timeoutMs: number,
    begins?: Promise<unknown>,
  ): Promise<Extract<Reply, { ok: false }> | { readonly ok: true; readonly value: Given[K] }> {
    if (this.#fault !== null) throw this.#fault;
    const id = this.#next++;
    let timer: NodeJS.Timeout | undefined;
    try {
      return (await new Promise<Reply>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        const late = (): void => {
          const seconds = Math.round(timeoutMs / 100) / 10;
          void this.kill(
            new SteelyardError(
              'runtime/timeout',
              `${this.#what}: no answer within ${seconds} s; its process was ended`,
            ),
          );
        };
        const count = (): void => {
          if (this.#waiting.has(id)) timer = setTimeout(late, timeoutMs);
        };
        if (begins === undefined) count();
        else void begins.then(count);
        this.#child.send({ ...request, id }, (error) => {
          // A closed channel: the exit event follows and says why.
          if (error !== null && this.#child.connected) reject(error);
        });
      })) as Extract<Reply, { ok: false }> | { readonly ok: true; readonly value: Given[K] };
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }
}
