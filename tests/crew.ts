import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Store, StoreRecord, TrialRecord } from '../src/contracts/index.ts';
import { packageRoot } from '../src/package/index.ts';
import { evaluators } from '../src/weigh/index.ts';

const entry = join(packageRoot, 'dist/lib/cli/main.js');

/** A search of six points, each looked at on all rows: with a choice by size, neither what comes when nor what comes out hangs on time. */
export const search = `search:
  techniques: [quantize/dynamic, quantize/float16-storage]
  options: { quantize/dynamic: { per-channel: [false], weight-type: [int8] } }
  session: { threads: [1] }
  finalists: 1
session: { threads: 1 }`;

/** A steelyard process to be killed. */
export interface Process {
  /** What it has printed so far, on both streams. */
  text(): string;
  signal(name: NodeJS.Signals): void;
  /** Its exit code, or null when a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** Start the built command line in a folder. */
export const start = (args: readonly string[], cwd: string): Process => {
  const child = spawn(process.execPath, [entry, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', STEELYARD_CACHE: 'off' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (more: string) => (text += more));
  const ended = new Promise<number | null>((done, fail) => {
    child.once('error', fail);
    child.once('close', done);
  });
  return { text: () => text, signal: (name) => void child.kill(name), ended };
};

/** Stop a worker until what it does is known, and kill it while it holds a job. Answers false when it never held one before `over`. */
export const killAtWork = async (
  worker: Process,
  name: string,
  sql: (text: string) => Promise<string>,
  over: () => boolean,
): Promise<boolean> => {
  while (!over()) {
    worker.signal('SIGSTOP');
    const held = await sql(
      `select count(*) from graphile_worker.jobs join steelyard_queue.workers on locked_by = any(pools) where name = '${name}'`,
    );
    if (Number(held) > 0) {
      worker.signal('SIGKILL');
      await worker.ended;
      return true;
    }
    worker.signal('SIGCONT');
    await sleep(30);
  }
  return false;
};

/** What of a run does not depend on time. */
export interface Findings {
  /** Keys of everything that was built, answered or measured, sorted; one that was recorded twice is there twice. */
  readonly found: readonly string[];
  /** Of these, the keys of what was about time. */
  readonly times: readonly string[];
  readonly trials: readonly Pick<TrialRecord, 'batch' | 'point' | 'rung' | 'outcome'>[];
  /** Key of an answer record → digest of the answers. */
  readonly answers: Readonly<Record<string, string>>;
  readonly chosen: string | null;
  /** How often a choice was recorded. */
  readonly choices: number;
}

const kinds: readonly StoreRecord['kind'][] = [
  'build',
  'step',
  'predict',
  'measure',
  'sensitivity',
  'receipt',
  'audit',
];

const alone = new Set(evaluators.filter(({ needs }) => needs.alone).map(({ id }) => id));

export const findingsOf = async (store: Pick<Store, 'records'>): Promise<Findings> => {
  const found: string[] = [];
  const times: string[] = [];
  const trials: Findings['trials'][number][] = [];
  const answers: Record<string, string> = {};
  let chosen: string | null = null;
  let choices = 0;
  for await (const record of store.records()) {
    const { key, kind } = record;
    if (kinds.includes(kind)) found.push(key);
    // A model between two steps is only kept where the steps took long enough.
    if (kind === 'step' || (kind === 'measure' && alone.has(record.evaluator))) times.push(key);
    if (kind === 'trial') trials.push(pick(record));
    if (kind === 'predict') answers[key] = record.artifact;
    if (kind === 'choice') [chosen, choices] = [record.chosen, choices + 1];
  }
  return { found: found.sort(), times, trials, answers, chosen, choices };
};

const pick = ({ batch, point, rung, outcome }: TrialRecord): Findings['trials'][number] => ({
  batch,
  point,
  rung,
  outcome,
});
