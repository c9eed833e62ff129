// The CLINC150 classifier with its data, and how versions of it are answered by and timed side by side.
import { defaultSessionOptions, parseOptions } from '../src/contracts/index.ts';
import type { Context, Example, Model, Predictions, Subject, Task, Trial } from '../src/contracts/index.ts';
import { digestExamples } from '../src/data/index.ts';
import { findModel } from '../src/engine/run/baseline.ts';
import { createContext } from '../src/engine/run/context.ts';
import { encodings, type EncodingOf } from '../src/engine/run/encoding.ts';
import { openSession } from '../src/runtime/index.ts';
import { shared } from '../src/testing/shared.ts';
import { createTask, predict } from '../src/weigh/tasks/index.ts';
import { speedOnly } from '../src/weigh/load/speed-only.ts';
import { estimateMedian } from '../src/weigh/load/ratios.ts';
import { judge, seriesOf } from '../src/weigh/load/compare.ts';
import { timedRounds, timingOptions } from '../src/weigh/load/timing.ts';
import { intentRows, type IntentRow } from '../examples/clinc150/prepare.ts';
import { benchContext } from './latency.ts';
import type { Ratio } from './table.ts';

/** One version of the classifier, as it lies in a file. */
export interface Version {
  readonly id: string;
  readonly path: string;
  readonly sizeBytes: number;
  /** Reads texts with the version's own tokenizer. */
  readonly task: Task;
  readonly config: Readonly<Record<string, string>>;
}

export interface Workshop {
  readonly model: Model;
  /** The version that all others are compared with. */
  readonly original: Version;
  readonly encode: EncodingOf;
  /** Texts to learn from, to stop by, and of known intents to test with. */
  readonly train: readonly Example[];
  readonly validation: readonly Example[];
  readonly test: readonly Example[];
  /** The world for one seed, with all of these. */
  context(seed: number): Context;
}

export interface WorkshopSettings {
  readonly folder: string;
  /** Fewer texts to learn from and to test with. */
  readonly quick: boolean;
  readonly calibrationRows?: number;
}

const examplesOf = (rows: readonly IntentRow[]): Example[] =>
  rows.map(({ id, text, intent, domain }) => ({ id, text, label: intent, groups: { domain } }));

/** Open it; null, and said on the console, when model or data are not there. */
export const openWorkshop = async ({
  folder,
  quick,
  calibrationRows = 256,
}: WorkshopSettings): Promise<Workshop | null> => {
  const modelFolder = shared('models', 'clinc150-bert');
  const splits = await intentRows();
  if (modelFolder === null || splits === null) {
    console.log('skipped: ../shared/models/clinc150-bert or ../shared/data/clinc150 is not there');
    return null;
  }
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
  const calibration = train.examples.slice(0, calibrationRows);
  const encode = encodings({ task, wanted, found, compared: [], calibration, train, validation, seed: 1 }, folder);
  const first = await encode(new Map());
  return {
    model: found.model,
    original: { id: 'original', path: found.files[0]!.path, sizeBytes: found.sizeBytes, task, config: {} },
    encode,
    train: train.examples,
    validation: validation.examples,
    test: quick ? inScope.slice(0, 600) : inScope,
    context: (seed) =>
      createContext({
        seed,
        workFolder: folder,
        learning: first.learning,
        calibration: first.calibration,
        companionFolder: modelFolder,
        log: (level, message) => process.stderr.write(`  ${level}: ${message}\n`),
      }),
  };
};

/** What a version answers, one text at a time. */
export const answersOf = async (
  { path, config, task }: Version,
  examples: readonly Example[],
): Promise<Predictions> => {
  const session = await openSession(path, { config });
  try {
    return await predict(task, session, examples, { batchSize: 1, context: benchContext() });
  } finally {
    await session.close();
  }
};

/** Time of each version over the first one's, from interleaved rounds; each reads the same texts its own way. `options` are those of
 *  `load/latency`. A version that failed is missing. */
export const race = async (
  versions: readonly Version[],
  examples: readonly Example[],
  batchSize: number,
  options: Readonly<Record<string, unknown>>,
): Promise<{ readonly ratios: ReadonlyMap<string, Ratio>; readonly caveat: string | null }> => {
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
    task: versions[0]!.task,
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
  const { group, spread, caveat } = session!;
  const base = seriesOf(group, baseline!.id, read);
  const ratios = new Map(
    candidates.flatMap(({ id }) => {
      if (group.failed.has(id)) return [];
      const mine = seriesOf(group, id, read);
      const values = Array.from(mine.values, (value, i) => value / base.values[i]!);
      const settings = { confidence: 0.95, random: context.random('pairs') };
      const { value, low, high } = estimateMedian({ ...mine, values }, spread, settings);
      return [[id, { value, low, high }] as const];
    }),
  );
  return { ratios, caveat };
};

/** Settings of a bench by flags: --name=value or --name value; '' when there is no value, null without the flag. */
export const flag = (name: string): string | null => {
  const at = process.argv.findIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  const word = process.argv[at];
  if (word === undefined) return null;
  if (word.includes('=')) return word.slice(name.length + 3);
  const next = process.argv[at + 1];
  return next === undefined || next.startsWith('--') ? '' : next;
};
