import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  SteelyardError,
  defaultSessionOptions,
  type BuildRecord,
  type Chain,
  type ChainStep,
  type Context,
  type Store,
} from '../contracts/index.ts';
import { buildChain, type BuildSource } from './build/build.ts';
import { variantsOf } from './build/dynamic-variants.ts';
import type { FastestSettings, Ranking } from './build/fastest.ts';
import { withModel, type OneModel, type OneModelSettings } from './build/one-model.ts';
import { chainId } from './scenario/chain-id.ts';
import { materialize } from './run/subject.ts';
import { writeVersion } from './build/write.ts';

export interface OptimizeSettings extends OneModelSettings {
  readonly steps: readonly ChainStep[];
  readonly out: string;
  /** Try the ways of `quantize/dynamic` that make sense on this CPU, time them, and write the best within the error budget. */
  readonly auto?: { readonly maxError: number; readonly seconds: number } | undefined;
}

export interface OptimizeResult {
  readonly chain: Chain;
  readonly outcome: BuildRecord['outcome'];
  readonly written: string | null;
  readonly before: number;
  readonly after: number;
  /** What the outputs were compared on: "24 rows of data.jsonl", "built-in sample texts", "random inputs". */
  readonly verifiedOn: string;
  /** Every version that was tried and timed, best first; null without `auto`. */
  readonly ranking: Ranking | null;
  /** Where training is kept that led to nothing, because a later step refused: the same steps go on from it in another chain; null: nowhere. */
  readonly unfinished: string | null;
}

interface Chosen {
  readonly chain: Chain;
  readonly outcome: BuildRecord['outcome'];
  readonly ranking: Ranking | null;
}

const buildOne = async (
  steps: readonly ChainStep[],
  source: Omit<BuildSource, 'original'>,
  store: Store,
  work: string,
  context: Context,
): Promise<Chosen> => {
  const chain: Chain = { id: chainId(steps), steps, session: {} };
  const original = await context.open(source.modelPath, defaultSessionOptions);
  try {
    return { chain, outcome: await buildChain(chain, { ...source, original }, store, work, context), ranking: null };
  } finally {
    await original.close();
  }
};

const buildFastest = async (settings: FastestSettings, context: Context): Promise<Chosen> => {
  // Timing brings measurement with it: nothing else here needs that.
  const { findFastest } = await import('./build/fastest.ts');
  const ranking = await findFastest(settings, context);
  const [best] = ranking.ranked;
  if (best !== undefined) return { chain: best.chain, outcome: best.built, ranking };
  const [chain] = settings.chains;
  const reasons = [...new Set(ranking.leftOut.map(({ reason }) => reason))].slice(0, 3);
  const refusal = {
    reason: `none of ${settings.chains.length} versions can be used: ${reasons.join('; ')}`,
    nodes: [],
  };
  return { chain: chain!, outcome: { kind: 'refused', technique: 'quantize/dynamic', refusal }, ranking };
};

/** What steelyard.json keeps of a choice. */
const summaryOf = ({ ranked, leftOut, caveat }: Ranking) => ({
  timed: ranked.map(({ chain, sizeBytes, relativeError, ratio }) => ({
    version: chain.id,
    timeRatio: ratio,
    relativeError,
    sizeBytes,
  })),
  leftOut: leftOut.map(({ chain, reason }) => ({ version: chain.id, reason })),
  caveat,
});

/** Where training that was interrupted goes on from: beside the result, until there is one. */
const unfinished = (out: string): string => `${out.replace(/[\\/]+$/, '')}.unfinished`;

/** Apply a chain of techniques to one model and write the result as a model folder. Techniques that train leave checkpoints beside it until
 *  something is written: the same command goes on from them after an interruption, and a chain with the same first steps after a refusal.
 *  Errors: `model/…`, `data/…`, `usage/…`. A refusal is a result, not an error. */
export const optimizeModel = async (settings: OptimizeSettings): Promise<OptimizeResult> => {
  type Built = Omit<OptimizeResult, 'unfinished'>;
  const build = async ({
    found,
    inputs: given,
    context,
    machine,
    store,
    workFolder: work,
  }: OneModel): Promise<Built> => {
    const { feeds: inputs, source: ranOn, encode } = given;
    const verifiedOn = inputs.length > 0 ? ranOn : 'nothing (no inputs could be made up: give --inputs)';
    const { modelPath: source } = found.folder;
    const chosen =
      settings.auto === undefined
        ? await buildOne(
            settings.steps,
            { modelPath: source, session: {}, inputs, ...(encode === null ? {} : { encode }) },
            store,
            work,
            context,
          )
        : await buildFastest(
            {
              modelPath: source,
              modelBytes: found.sizeBytes,
              inputs,
              chains: variantsOf(settings.steps, machine.instructionSets),
              ...settings.auto,
              session: {},
              store,
              workFolder: work,
            },
            context,
          );
    const { chain, outcome, ranking } = chosen;
    if (outcome.kind === 'failed') throw new SteelyardError(outcome.code, `${chain.id}: ${outcome.message}`);
    const before = found.sizeBytes;
    if (outcome.kind === 'refused')
      return { chain, outcome, written: null, before, after: before, verifiedOn, ranking };
    const folder = join(work, 'built');
    await mkdir(folder, { recursive: true });
    const modelPath = await materialize(outcome, store, folder);
    const written = await writeVersion({
      found,
      modelPath,
      built: outcome,
      chain,
      machine,
      store,
      more: { verifiedOn, ...(ranking === null ? {} : { chosenFrom: summaryOf(ranking) }) },
      target: settings.out,
    });
    return {
      chain,
      outcome,
      written,
      before,
      after: outcome.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      verifiedOn,
      ranking,
    };
  };
  const checkpointFolder = resolve(unfinished(settings.out));
  const result = await withModel({ ...settings, checkpointFolder }, build);
  if (result.written === null) return { ...result, unfinished: existsSync(checkpointFolder) ? checkpointFolder : null };
  await rm(checkpointFolder, { recursive: true, force: true });
  return { ...result, unfinished: null };
};
