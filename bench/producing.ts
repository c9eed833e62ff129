// A technique in a process of its own, so that time and peak memory are its own: decode, apply, encode.
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseOptions, type Feeds } from '../src/contracts/index.ts';
import { techniqueOf } from '../src/engine/build/techniques.ts';
import { createContext } from '../src/engine/run/context.ts';
import { decodeFile, encodeFile } from '../src/model/onnx/index.ts';
import { seeded } from '../src/statistics/index.ts';

const self = fileURLToPath(import.meta.url);

export interface Job {
  readonly technique: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly source: string;
  readonly target: string;
  readonly workFolder: string;
  /** Token batches for calibration: `count` batches of [rows, length] below `vocabulary`. */
  readonly tokens?: {
    readonly count: number;
    readonly rows: number;
    readonly length: number;
    readonly vocabulary: number;
  };
}

export interface Produced {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Highest resident set of the producing process, worker threads included, session processes not. */
  readonly peakBytes: number;
  readonly changes: number;
  readonly skipped: readonly string[];
}

/** The same batches in every process. */
export const tokenBatches = ({ count, rows, length, vocabulary }: NonNullable<Job['tokens']>): Feeds[] =>
  Array.from({ length: count }, (_, index) => {
    const random = seeded(5, `tokens ${index}`);
    const dims = [rows, length];
    const fill = (value: () => number) => BigInt64Array.from({ length: rows * length }, () => BigInt(value()));
    return {
      input_ids: { dtype: 'int64', dims, data: fill(() => random.integer(vocabulary)) },
      attention_mask: { dtype: 'int64', dims, data: fill(() => 1) },
      token_type_ids: { dtype: 'int64', dims, data: fill(() => 0) },
    };
  });

const produce = async (job: Job): Promise<void> => {
  const started = performance.now();
  const cpu = process.cpuUsage();
  const technique = techniqueOf(job.technique);
  const { tokens } = job;
  const context = createContext({
    seed: 1,
    workFolder: job.workFolder,
    calibration:
      tokens === undefined
        ? null
        : async function* calibration() {
            yield* tokenBatches(tokens);
          },
  });
  const { model, changes, skipped } = await technique.apply(
    await decodeFile(job.source),
    parseOptions(technique.id, technique.options, job.options),
    context,
  );
  await encodeFile(model, job.target);
  const { user, system } = process.cpuUsage(cpu);
  const produced: Produced = {
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakBytes: Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) * 1024,
    changes: changes.length,
    skipped: [...new Set(skipped.map(({ reason }) => reason))],
  };
  process.send!(produced);
};

/** Errors: what the child printed before it ended. */
export const inChild = (job: Job): Promise<Produced> =>
  new Promise((done, fail) => {
    const child = fork(self, [JSON.stringify(job)]);
    child.on('message', (message) => done(message as Produced));
    child.on('error', fail);
    child.on('exit', (code) => (code === 0 ? undefined : fail(new Error(`the producing process ended with ${code}`))));
  });

if (process.argv[1] === self && process.argv[2] !== undefined) await produce(JSON.parse(process.argv[2]) as Job);
