import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  SteelyardError,
  defaultSessionOptions,
  type BuildRecord,
  type Chain,
  type ChainStep,
  type Context,
  type Feeds,
  type Progress,
} from '../contracts/index.ts';
import { readExamples } from '../data/index.ts';
import { openStore } from '../records/index.ts';
import { readMachine } from '../runtime/index.ts';
import { findModel, locateModel } from './baseline.ts';
import { buildChain } from './build.ts';
import { createContext } from './context.ts';
import { calibrationFeeds, sampleFeeds } from './data.ts';
import { madeUpFeeds, sampleTexts } from './made-up-inputs.ts';
import { chainId } from './scenario/index.ts';
import { materialize } from './subject.ts';
import { taskOf } from './task.ts';
import { writeVersion } from './write.ts';

export interface OptimizeSettings {
  readonly model: string;
  readonly steps: readonly ChainStep[];
  readonly out: string;
  /** Real inputs for verification and calibration: a data file, and the column with the text. */
  readonly inputs?: string | undefined;
  readonly textColumn?: string | undefined;
  readonly seed: number;
  readonly base: string;
  readonly signal: AbortSignal;
  readonly progress?: (progress: Progress) => void;
  readonly log?: Context['log'];
}

export interface OptimizeResult {
  readonly chain: Chain;
  readonly outcome: BuildRecord['outcome'];
  readonly written: string | null;
  readonly before: number;
  readonly after: number;
  /** What the outputs were compared on: "24 rows of data.jsonl", "built-in sample texts", "random inputs". */
  readonly verifiedOn: string;
}

/** Apply a chain of techniques to one model and write the result as a model folder.
 *  Errors: `model/…`, `data/…`, `usage/…`. A refusal is a result, not an error. */
export const optimizeModel = async (settings: OptimizeSettings): Promise<OptimizeResult> => {
  const say = settings.progress ?? (() => undefined);
  const work = await mkdtemp(join(tmpdir(), 'steelyard-'));
  const store = await openStore(join(work, 'store'));
  try {
    const found = await findModel(await locateModel(settings.model, settings.base, say));
    const text = found.folder.tokenizerPath !== null;
    let inputs: readonly Feeds[];
    let calibration: (() => AsyncIterable<Feeds>) | null = null;
    let verifiedOn: string;
    if (settings.inputs !== undefined) {
      const kind = text ? 'text-classification' : 'tensor-classification';
      const task = await taskOf({ id: kind }, found);
      const columns = { groups: [], ...(settings.textColumn === undefined ? {} : { text: settings.textColumn }) };
      const read = await readExamples({ path: settings.inputs, columns, limit: 256 }, settings.base, {
        taskKind: kind,
        labelled: false,
        seed: settings.seed,
      });
      inputs = sampleFeeds(task, read.examples, settings.seed);
      calibration = () => calibrationFeeds(task, read.examples);
      verifiedOn = `${Math.min(24, read.examples.length)} rows of ${settings.inputs}`;
    } else if (text) {
      const task = await taskOf({ id: 'text-classification' }, found);
      inputs = sampleFeeds(task, sampleTexts, settings.seed);
      verifiedOn = 'built-in sample texts';
    } else {
      inputs = madeUpFeeds(found.model, settings.seed);
      verifiedOn = inputs.length === 0 ? 'nothing (no inputs could be made up: give --inputs)' : 'random inputs';
    }
    const chain: Chain = { id: chainId(settings.steps), steps: settings.steps, session: {} };
    const context = createContext({
      seed: settings.seed,
      workFolder: work,
      signal: settings.signal,
      calibration,
      progress: say,
      ...(settings.log === undefined ? {} : { log: settings.log }),
    });
    const original = await context.open(found.folder.modelPath, defaultSessionOptions);
    let outcome: BuildRecord['outcome'];
    try {
      outcome = await buildChain(
        chain,
        { modelPath: found.folder.modelPath, session: {}, inputs, original },
        store,
        work,
        context,
      );
    } finally {
      await original.close();
    }
    if (outcome.kind === 'failed') throw new SteelyardError(outcome.code, `${chain.id}: ${outcome.message}`);
    const before = found.sizeBytes;
    if (outcome.kind === 'refused') return { chain, outcome, written: null, before, after: before, verifiedOn };
    const folder = join(work, 'built');
    await mkdir(folder, { recursive: true });
    const modelPath = await materialize(outcome, store, folder);
    const machine = await readMachine();
    const written = await writeVersion({
      found,
      modelPath,
      built: outcome,
      chain,
      machine,
      more: { verifiedOn },
      target: settings.out,
    });
    return {
      chain,
      outcome,
      written,
      before,
      after: outcome.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      verifiedOn,
    };
  } finally {
    await store.close();
    await rm(work, { recursive: true, force: true });
  }
};
