// Compression of the CLINC150 classifier end to end: trimmed vocabulary, a distilled student, 8-bit numbers, each alone and together.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseOptions, defaultSessionOptions } from '../src/contracts/index.ts';
import type { ChainStep, Example, Predictions, Subject, Task, Trial } from '../src/contracts/index.ts';
import { digestExamples } from '../src/data/index.ts';
import { findModel } from '../src/engine/run/baseline.ts';
import { applyChain, type Begun } from '../src/engine/build/chain.ts';
import { createContext } from '../src/engine/run/context.ts';
import { encodings } from '../src/engine/run/encoding.ts';
import { encodeFile } from '../src/model/onnx/index.ts';
import { techniques } from '../src/optimize/index.ts';
import { openSession, readMachine, runtimeVersion } from '../src/runtime/index.ts';
import { tangoInterval } from '../src/statistics/index.ts';
import { shared } from '../src/testing/shared.ts';
import { createTask, predict } from '../src/weigh/tasks/index.ts';
import { speedOnly } from '../src/weigh/load/speed-only.ts';
import { estimateMedian } from '../src/weigh/load/ratios.ts';
import { judge, seriesOf } from '../src/weigh/load/compare.ts';
import { timedRounds, timingOptions } from '../src/weigh/load/timing.ts';
import { intentRows, type IntentRow } from '../examples/clinc150/prepare.ts';
import { compareAnswers, truthOf } from './answers.ts';
import { benchContext } from './latency.ts';
import { inverse, megabytes, percent, table, times, type Ratio } from './table.ts';

interface Candidate {
  readonly id: string;
  readonly steps: readonly ChainStep[];
}

const step = (technique: string, options: Readonly<Record<string, unknown>> = {}): ChainStep => ({
  technique,
  options,
});

/** What a run may take in all, and how much of it one student may. */
const wholeMinutes = 20;
const studentMinutes = 14;

/** Half the layers of half the width with a narrow inner part: texts are short, and so is the table of positions. */
const usualStudent = { layers: 2, width: 128, ffn: 256, positions: 64 };

/** A version at most this share below the original's accuracy is as good: 98 % of it stay. */
const keptShare = 0.98;
const wantedSpeed = 6;
const wantedSize = 20;

const trim = step('trim/vocabulary');
const int8 = [step('quantize/dynamic'), step('quantize/embedding')];

const candidatesFor = (student: ChainStep): Candidate[] => [
  { id: 'int8', steps: int8 },
  { id: 'trim', steps: [trim] },
  { id: 'trim × int8', steps: [trim, ...int8] },
  { id: 'trim × student', steps: [trim, student] },
  { id: 'trim × student × int8', steps: [trim, student, ...int8] },
  { id: 'layers', steps: [step('prune/layers')] },
  { id: 'layers × recover', steps: [step('prune/layers'), step('distill/recover')] },
  { id: 'structured', steps: [step('prune/structured')] },
  { id: 'structured × recover', steps: [step('prune/structured'), step('distill/recover')] },
  { id: 'low rank', steps: [step('factorize/low-rank')] },
];

interface Version {
  readonly id: string;
  readonly path: string;
  readonly sizeBytes: number;
  /** tokenizer.json with it: what has to be shipped. */
  readonly task: Task;
  readonly config: Readonly<Record<string, string>>;
  readonly minutes: number;
  readonly said: readonly string[];
}

const examplesOf = (rows: readonly IntentRow[]): Example[] =>
  rows.map(({ id, text, intent, domain }) => ({ id, text, label: intent, groups: { domain } }));

const answersOf = async ({ path, config, task }: Version, examples: readonly Example[]): Promise<Predictions> => {
  const session = await openSession(path, { config });
  try {
    return await predict(task, session, examples, { batchSize: 1, context: benchContext() });
  } finally {
    await session.close();
  }
};

/** Time of each version over the first one's, from interleaved rounds; each reads the same texts its own way. */
const timed = async (
  versions: readonly Version[],
  task: Task,
  examples: readonly Example[],
  batchSize: number,
  options: Readonly<Record<string, unknown>>,
): Promise<Map<string, Ratio>> => {
  const subjects = versions.map(({ id, path, sizeBytes, config, task: own }): Subject => {
    const sessionOptions = { ...defaultSessionOptions, config };
    return {
      id,
      digest: path,
      sessionOptions,
      task: own,
      files: [{ path, sizeBytes }],
      open: () => openSession(path, sessionOptions),
    };
  });
  const [baseline, ...candidates] = subjects;
  const trial: Trial = {
    ...speedOnly,
    task,
    baseline: baseline!,
    candidates,
    examples,
    batchSize,
  };
  const context = benchContext();
  const parsed = parseOptions('load/latency', timingOptions, { together: 64, ...options });
  const groups = await timedRounds(trial, parsed, batchSize, 'measuring latency', context);
  const read = ({ ms }: { readonly ms: number }): number => ms;
  const [session] = judge(trial, groups, read, parsed.target, 'latency', context);
  const { group, spread } = session!;
  const base = seriesOf(group, baseline!.id, read);
  return new Map(
    candidates.flatMap(({ id }) => {
      if (group.failed.has(id)) return [];
      const mine = seriesOf(group, id, read);
      const values = Array.from(mine.values, (value, i) => value / base.values[i]!);
      const settings = { confidence: 0.95, random: context.random('pairs') };
      const { value, low, high } = estimateMedian({ ...mine, values }, spread, settings);
      return [[id, { value, low, high }] as const];
    }),
  );
};

/** Accuracy over speed, one letter a version. */
const plot = (
  points: readonly { readonly letter: string; readonly speed: number; readonly accuracy: number }[],
): string => {
  const [width, height] = [60, 12];
  const speeds = points.map(({ speed }) => Math.log2(speed));
  const accuracies = points.map(({ accuracy }) => accuracy);
  const [left, right] = [Math.min(0, ...speeds), Math.max(1, ...speeds)];
  const [bottom, top] = [Math.min(...accuracies) - 0.005, Math.max(...accuracies) + 0.005];
  const rows = Array.from({ length: height }, () => Array.from({ length: width }, () => ' '));
  for (const [i, { letter, accuracy }] of points.entries()) {
    const column = Math.round(((speeds[i]! - left) / (right - left)) * (width - 1));
    const row = Math.round(((top - accuracy) / (top - bottom)) * (height - 1));
    rows[row]![column] = letter;
  }
  const lines = rows.map((row, at) => {
    const accuracy = top - (at / (height - 1)) * (top - bottom);
    return `${percent(accuracy).padStart(7)} |${row.join('')}`;
  });
  const axis = `${' '.repeat(8)}+${'-'.repeat(width)}`;
  const ends = `${' '.repeat(9)}${(2 ** left).toFixed(1)}×${`${(2 ** right).toFixed(1)}×`.padStart(width - 4)}`;
  return [...lines, axis, ends].join('\n');
};

/** Settings by flags: --minutes=14, --student={"layers":2,…} as JSON, --only=id,id, --quick. */
const flag = (name: string): string | null => {
  const found = process.argv.find((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  return found === undefined ? null : found.slice(name.length + 3);
};

export const run = async (): Promise<void> => {
  const modelFolder = shared('models', 'clinc150-bert');
  const splits = await intentRows();
  if (modelFolder === null || splits === null) {
    console.log('skipped: ../shared/models/clinc150-bert or ../shared/data/clinc150 is not there');
    return;
  }
  const quick = flag('quick') !== null;
  const minutes = Number(flag('minutes') ?? (quick ? 1 : studentMinutes));
  const asked = JSON.parse(flag('student') ?? '{}') as Readonly<Record<string, unknown>>;
  const only = flag('only')?.split(',') ?? null;
  const found = await findModel(modelFolder);
  const wanted = { id: 'text-classification', maxLength: 64 } as const;
  const task = await createTask(wanted, found.folder, {
    inputs: found.model.graph.inputs.filter(({ name }) => !found.model.graph.initializers.has(name)),
    outputs: found.model.graph.outputs,
  });
  const split = (name: string, rows: readonly IntentRow[]) => {
    const examples = examplesOf(rows);
    return { name, digest: digestExamples(examples), examples };
  };
  const train = split('train', quick ? splits.train.slice(0, 3000) : splits.train);
  const validation = split('validation', splits.evaluation);
  const inScope = examplesOf(splits.holdback.filter(({ intent }) => intent !== 'oos'));
  const test = quick ? inScope.slice(0, 600) : inScope;
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-distill-'));
  console.log(`${(await readMachine()).cpu}, ONNX Runtime ${await runtimeVersion()}`);
  console.log(
    `${train.examples.length} rows to learn from, ${validation.examples.length} to stop by, ${test.length} to test with; at most ${minutes} minutes for a student`,
  );
  try {
    const encode = encodings(
      {
        task,
        wanted,
        found,
        compared: [],
        calibration: train.examples.slice(0, 256),
        train,
        validation,
        seed: 1,
      },
      folder,
    );
    const { learning, calibration } = await encode(new Map());
    const context = createContext({
      seed: 1,
      workFolder: folder,
      learning,
      calibration,
      companionFolder: modelFolder,
      log: (level, message) => process.stderr.write(`  ${level}: ${message}\n`),
    });
    const versions: Version[] = [
      {
        id: 'original',
        path: found.files[0]!.path,
        sizeBytes: found.sizeBytes,
        task,
        config: {},
        minutes: 0,
        said: [],
      },
    ];
    const known = new Set(techniques.map(({ id }) => id));
    const candidates = candidatesFor(step('distill/student', { minutes, ...usualStudent, ...asked })).filter(
      ({ id }) => only === null || only.includes(id),
    );
    const began = performance.now();
    /** Whole chains that others begin with are made once; their minutes count for both. */
    const made = new Map<string, { readonly begun: Begun; readonly minutes: number }>();
    const beginning = (steps: readonly ChainStep[]) =>
      steps.map((_, at) => made.get(JSON.stringify(steps.slice(0, at)))).findLast((one) => one !== undefined);
    for (const { id, steps } of candidates) {
      const missing = steps.find(({ technique }) => !known.has(technique));
      if (missing !== undefined) {
        console.log(`${id}: skipped, there is no ${missing.technique}`);
        continue;
      }
      const start = performance.now();
      const before = beginning(steps);
      const result = await applyChain(found.model, { id, steps, session: {} }, context, encode, before?.begun);
      if (result.kind === 'refused') {
        console.log(`${id}: ${result.technique} refused: ${result.refusal.reason}`);
        continue;
      }
      const path = join(folder, `version-${versions.length}.onnx`);
      await encodeFile(result.model, path);
      const took = (performance.now() - start) / 60_000 + (before?.minutes ?? 0);
      made.set(JSON.stringify(steps), { begun: result, minutes: took });
      versions.push({
        id,
        path,
        sizeBytes: (await stat(path)).size,
        task: (await encode(result.companions)).task,
        config: result.config,
        minutes: took,
        said: result.steps.flatMap(({ technique, changes }) =>
          technique.startsWith('distill/') ? changes.map(({ what }) => `${technique}: ${what}`) : [],
        ),
      });
      process.stderr.write(`  made ${id} in ${took.toFixed(1)} min\n`);
    }
    console.log(
      `all versions made in ${((performance.now() - began) / 60_000).toFixed(1)} min (the aim: ${wholeMinutes})\n`,
    );
    for (const { id, said } of versions) for (const line of said) console.log(`${id}: ${line}`);

    const truth = truthOf(task, test);
    const answers = new Map<string, Predictions>();
    for (const version of versions) answers.set(version.id, await answersOf(version, test));
    const reference = answers.get('original')!;
    const timing = quick
      ? { maxSeconds: 5, minRounds: 10, maxRounds: 40, laps: 1 }
      : { maxSeconds: 60, minRounds: 60, maxRounds: 300, laps: 3 };
    const speeds = {
      one: await timed(versions, task, test, 1, timing),
      eight: await timed(versions, task, test, 8, timing),
    };
    const rows = versions.map(({ id, sizeBytes, minutes: took }) => {
      const { accuracy, pairs } = compareAnswers(truth, reference, answers.get(id)!);
      const original = compareAnswers(truth, reference, reference).accuracy;
      const { low } = tangoInterval(pairs, 0.9);
      const fasterBy = (ratio: Ratio | undefined): Ratio | null => (ratio === undefined ? null : inverse(ratio));
      const [one, eight] = [fasterBy(speeds.one.get(id)), fasterBy(speeds.eight.get(id))];
      const smaller = found.sizeBytes / sizeBytes;
      const kept = low > -(1 - keptShare) * original;
      return { id, sizeBytes, took, accuracy, share: accuracy / original, low, kept, smaller, one, eight };
    });
    console.log(
      `\n${table(
        ['', 'version', 'file', 'smaller', 'batch 1', 'batch 8', 'accuracy', 'of the original', '98 % kept', 'minutes'],
        rows.map(({ id, sizeBytes, took, accuracy, share, kept, smaller, one, eight }, at) => [
          String.fromCodePoint(65 + at),
          id,
          megabytes(sizeBytes),
          `${smaller.toFixed(1)}×`,
          one === null ? '' : times(one),
          eight === null ? '' : times(eight),
          percent(accuracy),
          percent(share),
          kept ? 'proven' : 'not proven',
          took.toFixed(1),
        ]),
      )}`,
    );
    console.log(
      '\nspeeds: times as fast as the original, one thread; 98 % kept: lower end of the paired 90 % interval (Tango), one-sided 95 %\n',
    );
    console.log(
      plot(
        rows.map(({ accuracy, eight }, at) => ({
          letter: String.fromCodePoint(65 + at),
          speed: eight?.value ?? 1,
          accuracy,
        })),
      ),
    );
    const best = rows.find(
      ({ kept, smaller, eight }) => kept && smaller >= wantedSize && (eight?.low ?? 0) >= wantedSpeed,
    );
    console.log(
      best === undefined
        ? `\nno version is ${wantedSpeed}× as fast at batch 8, ${wantedSize}× smaller and proven to keep ${percent(keptShare, 0)}`
        : `\n${best.id} is ${wantedSpeed}× as fast at batch 8, ${wantedSize}× smaller, and keeps ${percent(keptShare, 0)}`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
