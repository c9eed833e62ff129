// How a bench makes a version of a model in a process of its own, ours or a peer's, and what that took.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import type { ChainStep } from '../src/contracts/index.ts';

const here = dirname(fileURLToPath(import.meta.url));
/** Files that the compiler does not copy lie beside the sources, also for a compiled caller. */
const sources = here.replace(/([/\\])dist[/\\]bench$/, '$1bench');
const compiled = here === sources ? join(here, '..', 'dist', 'bench') : here;

/** What a child writes down when it has done its job. */
export interface Took {
  /** Reading, quantizing and writing; without starting and imports. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Imports (Python), process start and imports (Node). */
  readonly startSeconds: number;
  /** Highest resident set after the imports; null where the system does not say. */
  readonly startPeakBytes: number | null;
  readonly peakBytes: number | null;
  /** Session config that the version must run with. */
  readonly config?: Readonly<Record<string, string>>;
  readonly refused?: string;
}

export type Outcome =
  | { readonly kind: 'made'; readonly took: Took; readonly path: string; readonly sizeBytes: number }
  | { readonly kind: 'failed'; readonly reason: string };

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

export interface Limits {
  readonly maxSeconds: number;
}

type Ended =
  | { readonly kind: 'ended'; readonly treePeakBytes: number | null }
  | { readonly kind: 'failed'; readonly reason: string };

const children = (pid: number): number[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number);
  } catch {
    return [];
  }
};

/** Highest resident set of a process and of all that it started, added up; null where the system does not say. */
const treeBytes = (pid: number): number | null => {
  let total: number | null = null;
  try {
    const match = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    if (match !== null) total = Number(match[1]) * 1024;
  } catch {
    return null;
  }
  return children(pid).reduce<number | null>((sum, child) => {
    const bytes = treeBytes(child);
    return bytes === null ? sum : (sum ?? 0) + bytes;
  }, total);
};

const pollMs = 50;
const tailChars = 4_000;

/** The line that says what went wrong: the last one that names an error, or the last one with something on it. */
const lastLine = (text: string): string => {
  const lines = text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const line = lines.findLast((one) => /^[\w.]*(?:Error|Exception)\b/.test(one)) ?? lines.at(-1) ?? 'it said nothing';
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
};

/** Run a command to its end. Its memory is watched from outside, with everything it starts. */
export const runToEnd = ({ file, args }: Command, { maxSeconds }: Limits): Promise<Ended> =>
  new Promise((done) => {
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A peer must not phone home, nor leave compiled files beside its scripts.
      env: { ...process.env, ORT_DISABLE_TELEMETRY: '1', PYTHONDONTWRITEBYTECODE: '1' },
    });
    let treePeakBytes: number | null = null;
    let tail = '';
    let late = false;
    const keepTail = (chunk: Buffer): void => {
      tail = (tail + chunk.toString('utf8')).slice(-tailChars);
    };
    child.stdout.on('data', () => undefined);
    child.stderr.on('data', keepTail);
    const watch = setInterval(() => {
      const bytes = child.pid === undefined ? null : treeBytes(child.pid);
      if (bytes !== null) treePeakBytes = Math.max(treePeakBytes ?? 0, bytes);
    }, pollMs);
    const limit = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, maxSeconds * 1000);
    const stop = (): void => {
      clearInterval(watch);
      clearTimeout(limit);
    };
    child.on('error', (error) => {
      stop();
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      done({ kind: 'failed', reason: missing ? `there is no ${file}` : error.message });
    });
    child.on('close', (code, signal) => {
      stop();
      if (late) done({ kind: 'failed', reason: `not finished after ${maxSeconds} s` });
      else if (code !== 0)
        done({ kind: 'failed', reason: signal === null ? lastLine(tail) : `ended by ${signal}: ${lastLine(tail)}` });
      else done({ kind: 'ended', treePeakBytes });
    });
  });

const sizeOf = async (folder: string): Promise<number> => {
  let total = 0;
  for (const name of await readdir(folder)) total += (await stat(join(folder, name))).size;
  return total;
};

const larger = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.max(a, b);

export interface Job {
  readonly model: string;
  /** An empty folder of its own for this version; nothing but its files is in it afterwards. */
  readonly folder: string;
  /** Where calibration batches lie as JSON; null: there are none. */
  readonly batches: string | null;
}

/** Give a job to a command and read what it wrote down. The folder is emptied first. */
export const produce = async (
  command: (jobFile: string) => Command,
  job: Job,
  more: Readonly<Record<string, unknown>>,
  limits: Limits,
): Promise<Outcome> => {
  const files = { job: `${job.folder}.job.json`, result: `${job.folder}.result.json`, work: `${job.folder}.work` };
  const path = join(job.folder, 'model.onnx');
  for (const old of [job.folder, files.work, files.result]) await rm(old, { recursive: true, force: true });
  for (const one of [job.folder, files.work]) await mkdir(one, { recursive: true });
  await writeFile(
    files.job,
    JSON.stringify({
      ...more,
      model: job.model,
      output: path,
      batches: job.batches,
      result: files.result,
      work: files.work,
    }),
  );
  try {
    const ended = await runToEnd(command(files.job), limits);
    if (ended.kind === 'failed') return ended;
    const took = JSON.parse(await readFile(files.result, 'utf8')) as Took;
    if (took.refused !== undefined) return { kind: 'failed', reason: took.refused };
    const peakBytes = larger(took.peakBytes, ended.treePeakBytes);
    return { kind: 'made', took: { ...took, peakBytes }, path, sizeBytes: await sizeOf(job.folder) };
  } finally {
    await rm(files.work, { recursive: true, force: true });
  }
};

/** The program that makes our versions, in few files as the product is installed. */
const bundled = async (): Promise<string> => {
  const bundle = await rolldown({
    input: join(compiled, 'produce-ours.js'),
    platform: 'node',
    external: [/^node:/, 'onnxruntime-node', '@huggingface/hub', 'pg', 'graphile-worker'],
    treeshake: { moduleSideEffects: [{ test: /[\\/]dist[\\/]src[\\/]/, sideEffects: false }] },
    logLevel: 'silent',
  });
  const dir = join(compiled, 'produce');
  await rm(dir, { recursive: true, force: true });
  await bundle.write({ dir, format: 'esm' });
  await bundle.close();
  return join(dir, 'produce-ours.js');
};
let program: Promise<string> | null = null;

/** A chain of our techniques, in a fresh Node process. */
export const produceOurs = async (steps: readonly ChainStep[], job: Job, limits: Limits): Promise<Outcome> => {
  const path = await (program ??= bundled());
  return produce((file) => ({ file: process.execPath, args: [path, file] }), job, { steps }, limits);
};

/** One of the scripts in peers/, in a fresh Python process. */
export const producePeer = (
  python: string,
  script: string,
  options: Readonly<Record<string, unknown>>,
  job: Job,
  limits: Limits,
): Promise<Outcome> =>
  produce((file) => ({ file: python, args: [join(sources, 'peers', `${script}.py`), file] }), job, { options }, limits);

/** The peer's Python and the versions of what it has. */
export interface Peer {
  readonly python: string;
  readonly versions: Readonly<Record<string, string | null>>;
}

const install = 'give a Python with onnxruntime and onnx in STEELYARD_PYTHON';

/** Find the Python that holds the peer's tools, or say why there is none. */
export const findPeer = (
  python = process.env['STEELYARD_PYTHON'] ?? 'python3',
): Promise<Peer | { readonly missing: string }> =>
  new Promise((done) => {
    const child = spawn(python, [join(sources, 'peers', 'probe.py')], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ORT_DISABLE_TELEMETRY: '1', PYTHONDONTWRITEBYTECODE: '1' },
      timeout: 120_000,
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString('utf8')));
    child.on('error', (error) => {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      done({ missing: `${missing ? `there is no ${python}` : `${python}: ${error.message}`}: ${install}` });
    });
    child.on('close', (code) => {
      if (code !== 0) return done({ missing: `${python} does not start: ${lastLine(err)}: ${install}` });
      const versions = JSON.parse(out) as Record<string, string | null>;
      const absent = ['onnxruntime', 'onnx'].filter((name) => versions[name] === null);
      return done(
        absent.length === 0
          ? { python, versions }
          : { missing: `${python} (Python ${versions['python']}) has no ${absent.join(' and no ')}: ${install}` },
      );
    });
  });
