import { SteelyardError, defineTechnique } from '../../contracts/index.ts';
import type { Context } from '../../contracts/index.ts';
import { editEach, graphsOf, type Draft } from '../../model/graph/index.ts';
import { isLinear } from '../linear.ts';
import { gramsOf } from '../moments.ts';
import { isGather } from '../quantize/embedding-tables.ts';
import { batchesOf } from '../quantize/blocks/calibrated.ts';
import { groupsOf, skipUnit, unitLabel, type Group, type Unit } from '../quantize/blocks/targets.ts';
import { soleUnits } from '../sole-units.ts';
import { inOrder, withWorkers, type Workers } from '../workers/index.ts';
import { emitPiece } from './emit.ts';
import { candidateOf, piecesOf, type Piece } from './pieces.ts';
import { allocate } from './ranks.ts';
import { wishOf, type RankSettings } from './settings.ts';
import { factorTables } from './tables.ts';

/** Statistics that are collected in one pass over the calibration data. */
const budgetBytes = 256 << 20;
/** Inputs wider than this would need a second-moment matrix of more than 1 GB. */
const widestInput = 16_384;

interface Settings extends RankSettings {
  readonly measure: string;
  readonly damping: number;
  readonly shareInput: boolean;
  readonly tables: boolean;
  readonly exclude: readonly string[];
}

const measures = {
  inputs: 'on real inputs',
  weights: 'of the weight: plain singular values',
  none: 'of the weight: plain singular values, for want of calibration data',
} as const;

/** Units that can become faster at all; the others are skipped before anything is read. */
const worthwhile = (draft: Draft, units: readonly Unit[], settings: RankSettings, whitened: boolean): Unit[] =>
  units.filter((unit) => {
    const { k, n } = unit.linear;
    const wish =
      whitened && k > widestInput
        ? `its inner size ${k} is above ${widestInput}: what must be known about its inputs does not fit in memory`
        : wishOf(k, n, settings);
    if (typeof wish === 'string') skipUnit(draft, unit, wish);
    return typeof wish !== 'string';
  });

/** Factor all groups, batch by batch of what fits in memory. */
const allPieces = async (
  draft: Draft,
  groups: readonly Group[],
  whitened: boolean,
  settings: Settings,
  workers: Workers,
  context: Context,
): Promise<Piece[]> => {
  const pieces: Piece[] = [];
  const total = groups.reduce((sum, { units }) => sum + units.length, 0);
  const size = ({ inputs, units }: Group): number => inputs.length * units[0]!.linear.k ** 2 * 4;
  let done = 0;
  for (const batch of batchesOf(groups, whitened ? size : () => 0, budgetBytes)) {
    const grams = whitened
      ? await gramsOf(
          draft.model,
          batch.map(({ inputs, units }) => ({ inputs, k: units[0]!.linear.k })),
          context,
        )
      : null;
    await inOrder(
      batch.map((group, i) => ({ group, gram: grams?.[i] ?? null })),
      2,
      ({ group, gram }) => {
        if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while factoring weights');
        return piecesOf(group, settings.shareInput, { gram, settings, damping: settings.damping, workers, context });
      },
      (outcome, { group }) => {
        for (const [unit, why] of outcome.skipped) skipUnit(draft, unit, why);
        pieces.push(...outcome.pieces);
        context.progress({
          label: 'factoring weights',
          done: (done += group.units.length),
          total,
          detail: unitLabel(group.units[0]!),
        });
      },
    );
  }
  return pieces;
};

const factorLayers = async (draft: Draft, settings: Settings, workers: Workers, context: Context): Promise<void> => {
  const measure = settings.measure === 'weights' ? 'weights' : context.calibration === null ? 'none' : 'inputs';
  const whitened = measure === 'inputs';
  const units = worthwhile(draft, soleUnits(draft, settings.exclude), settings, whitened);
  const pieces = await allPieces(draft, groupsOf(units), whitened, settings, workers, context);
  const candidates = pieces.map(candidateOf);
  const ranks =
    settings.budget === 'ratio'
      ? allocate(candidates, settings.ratio * candidates.reduce((sum, { whole }) => sum + whole, 0))
      : pieces.map(({ rank }) => rank);
  for (const [i, piece] of pieces.entries()) {
    const rank = ranks[i]!;
    if (rank > 0) await emitPiece(draft, piece, rank, measures[measure], context);
    else
      for (const unit of piece.units)
        skipUnit(draft, unit, 'the ratio is met without it: other layers lose less per multiply-add saved');
  }
};

/** Weights as products of two smaller matrices, chosen so that outputs on real inputs change least.
 *  MatMul(x, W) → MatMul(MatMul(x, A), B). Shapes: unchanged outside. Errors: `optimize/calibration` when calibration data is named and has no
 *  rows; `optimize/worker`; `engine/cancelled`. Source: as stated. */
export const lowRank = defineTechnique({
  id: 'factorize/low-rank',
  version: 2,
  title: 'Low-rank weights',
  source:
    'Eckart and Young 1936, truncated singular value decomposition; whitened by the inputs’ second moments as in SVD-LLM (Wang et al. 2024); ranks by greedy allocation (Shoham and Gersho 1988)',
  summary:
    'Replaces the weight of a MatMul or Gemm by the product of two smaller ones, where that takes fewer multiply-adds: file and time shrink alike. ' +
    'Real inputs decide which directions are kept, so that outputs change far less than with plain singular values. ' +
    'Answers do change: half the multiply-adds usually cost some accuracy, which short training afterwards can win back.',
  fileSuffix: null,
  layerwise: true,
  needs: { calibration: 'optional', training: false },
  options: {
    budget: {
      kind: 'choice',
      choices: ['ratio', 'error', 'share', 'rank'],
      default: 'ratio',
      description:
        'What decides the ranks: ratio (multiply-adds kept overall, spent where they matter most), error (the same error in every layer), share (of the full rank) or rank (the same number everywhere).',
    },
    ratio: {
      kind: 'number',
      default: 0.6,
      min: 0,
      max: 1,
      search: [0.75, 0.5],
      description: 'For budget ratio: share of the multiply-adds of these layers that is kept.',
    },
    error: {
      kind: 'number',
      default: 0.1,
      min: 0,
      max: 1,
      description: 'For budget error: relative output error that each layer may make.',
    },
    share: {
      kind: 'number',
      default: 0.25,
      min: 0,
      max: 1,
      description: 'For budget share: rank as a share of the smaller side, rounded to a multiple of 8.',
    },
    rank: {
      kind: 'integer',
      default: 64,
      min: 1,
      max: 65_536,
      description: 'For budget rank: the rank of every layer, rounded to a multiple of 8.',
    },
    measure: {
      kind: 'choice',
      choices: ['inputs', 'weights'],
      default: 'inputs',
      description:
        'What counts as error: changed outputs on calibration inputs, or changed weights (plain singular values, also used when there is no calibration data).',
    },
    damping: {
      kind: 'number',
      default: 0.001,
      min: 0.000001,
      max: 1,
      description:
        'Weight of directions that calibration inputs never took, as a share of the mean second moment. More is safer with little data.',
    },
    shareInput: {
      kind: 'boolean',
      default: true,
      description: 'Layers with the same input (query, key, value) share the first product where that loses less.',
    },
    tables: {
      kind: 'boolean',
      default: false,
      description:
        'Embedding tables too, by the same budget of stored numbers. The file shrinks; each token costs one small product more.',
    },
    exclude: {
      kind: 'names',
      default: [],
      description: 'Node names or outputs to leave as they are; * matches any characters.',
    },
  },
  place: { stage: 'network', saves: ['time', 'bytes'] },
  tolerance: () => null,
  check: (model, { tables }) =>
    graphsOf(model).some(({ nodes }) => nodes.some((node) => isLinear(node) || (tables && isGather(node))))
      ? null
      : { reason: `the graph has no MatMul or Gemm${tables ? ' and no Gather' : ''}`, nodes: [] },
  apply: (model, options, context) =>
    withWorkers(context, (workers) =>
      editEach(model, async (draft) => {
        await factorLayers(draft, options, workers, context);
        if (options.tables) await factorTables(draft, options, workers, context);
      }),
    ),
});
