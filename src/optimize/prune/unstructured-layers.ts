import { SteelyardError } from '../../contracts/index.ts';
import type { Context } from '../../contracts/index.ts';
import type { Draft } from '../../model/graph/index.ts';
import { isFinite32, transposed } from '../algebra/matrix.ts';
import { float32, matrixOf } from '../linear.ts';
import { gramsOf, squaresOf } from '../moments.ts';
import { batchesOf } from '../quantize/blocks/calibrated.ts';
import { groupsOf, skipUnit, unitLabel, type Group, type Unit } from '../quantize/blocks/targets.ts';
import { soleUnits } from '../sole-units.ts';
import { inOrder, type Workers } from '../workers/index.ts';
import type { Pattern } from './unstructured-pattern.ts';
import { sharesOf } from './unstructured-shares.ts';

/** Statistics that are collected in one pass over the calibration data. */
const budgetBytes = 256 << 20;
/** Inputs wider than this would need a second-moment matrix of more than 1 GB. */
const widestInput = 16_384;
/** No layer gives up more than this when layers share one threshold, unless more is asked of all. */
const mostShare = 0.95;

export interface SparseSettings {
  readonly method: 'magnitude' | 'wanda' | 'sparsegpt';
  readonly pattern: Pattern;
  /** One threshold for all layers decides how much each gives up. */
  readonly global: boolean;
  readonly damping: number;
  readonly exclude: readonly string[];
}

/** The weight as [k, n], without Gemm's alpha: a factor on all of it changes no choice. */
const plainMatrix = (unit: Unit, context: Context): Promise<Float32Array | null> =>
  matrixOf({ ...unit.linear, alpha: 1 }, context);

const notFinite = ({ linear }: Unit): string => `the weight ${linear.weightName} holds NaN or infinity`;
const badInputs = 'its input holds NaN or infinity on the calibration data';

/** What is known of a group's inputs. */
interface Known {
  readonly squares: Float64Array | null;
  readonly gram: Float32Array | null;
}

const statisticsOf = async (
  draft: Draft,
  groups: readonly Group[],
  method: SparseSettings['method'],
  context: Context,
): Promise<readonly Known[]> => {
  const wanted = groups.map(({ inputs, units }) => ({ inputs, k: units[0]!.linear.k }));
  if (method === 'magnitude') return groups.map(() => ({ squares: null, gram: null }));
  if (method === 'wanda')
    return (await squaresOf(draft.model, wanted, context)).map((squares) => ({ squares, gram: null }));
  const grams = await gramsOf(draft.model, wanted, context);
  return grams.map((gram, i) => ({
    squares: Float64Array.from({ length: wanted[i]!.k }, (_, at) => gram[at * (wanted[i]!.k + 1)]!),
    gram,
  }));
};

/** How much each layer gives up under one threshold; layers that cannot be judged are left out. */
const globalShares = async (
  draft: Draft,
  groups: readonly Group[],
  { method, pattern }: SparseSettings,
  workers: Workers,
  context: Context,
): Promise<ReadonlyMap<Unit, number>> => {
  if (pattern.kind !== 'share') return new Map();
  // The diagonal is all that a threshold needs to know of the inputs.
  const known = await statisticsOf(draft, groups, method === 'magnitude' ? method : 'wanda', context);
  const units = groups.flatMap((group, i) => group.units.map((unit) => ({ unit, squares: known[i]!.squares })));
  const judged: Unit[] = [];
  const histograms: Float64Array[] = [];
  await inOrder(
    units,
    2,
    async ({ unit, squares }) => {
      const weight = await plainMatrix(unit, context);
      if (weight === null || squares?.every(Number.isFinite) === false) return null;
      return workers.run('prune/histogram', { weight, n: unit.linear.n, squares });
    },
    (result, { unit }) => {
      if (result === null) return;
      judged.push(unit);
      histograms.push(result.counts);
    },
  );
  const shares = sharesOf(histograms, pattern.share, Math.max(mostShare, pattern.share));
  return new Map(judged.map((unit, i) => [unit, shares[i]!]));
};

const percent = (share: number): string => `${(100 * share).toPrecision(3)} %`;

/** Set weights of the main graph's matrices to zero by a pattern. Layers keep their shapes and types.
 *  Errors: `optimize/calibration` where the method needs inputs and there are none; `optimize/worker`; `engine/cancelled`. */
export const pruneWeights = async (
  draft: Draft,
  settings: SparseSettings,
  workers: Workers,
  context: Context,
): Promise<void> => {
  const { method, pattern, damping } = settings;
  const units = soleUnits(draft, settings.exclude).filter((unit) => {
    const { k } = unit.linear;
    const why =
      pattern.kind === 'group' && k % pattern.of !== 0
        ? `its inner size ${k} is no multiple of ${pattern.of}`
        : method === 'sparsegpt' && k > widestInput
          ? `its inner size ${k} is above ${widestInput}: what must be known about its inputs does not fit in memory`
          : pattern.kind === 'share' && pattern.share === 0
            ? 'a sparsity of 0 asks for no zeros'
            : null;
    if (why !== null) skipUnit(draft, unit, why);
    return why === null;
  });
  if (units.length === 0) return;
  const groups = groupsOf(units);
  const shares = settings.global ? await globalShares(draft, groups, settings, workers, context) : null;
  const size = (group: Group): number =>
    method === 'sparsegpt' ? group.inputs.length * group.units[0]!.linear.k ** 2 * 4 : 0;
  let done = 0;
  for (const batch of batchesOf(groups, size, budgetBytes)) {
    const known = await statisticsOf(draft, batch, method, context);
    await inOrder(
      batch.flatMap((group, i) => group.units.map((unit) => ({ unit, ...known[i]! }))),
      workers.threads,
      async ({ unit, squares, gram }) => {
        if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while pruning');
        if (squares?.every(Number.isFinite) === false) return badInputs;
        const weight = await plainMatrix(unit, context);
        if (weight === null) return notFinite(unit);
        const own =
          shares === null || pattern.kind !== 'share' ? pattern : { ...pattern, share: shares.get(unit) ?? 0 };
        if (own.kind === 'share' && own.share === 0) return 'the common threshold takes nothing from it';
        return workers.run('prune/sparse', { weight, n: unit.linear.n, pattern: own, squares, gram, damping });
      },
      async (result, { unit }) => {
        context.progress({ label: 'pruning weights', done: ++done, total: units.length, detail: unitLabel(unit) });
        const { weight, weightName, k, n, transB } = unit.linear;
        if (typeof result === 'string') skipUnit(draft, unit, result);
        else if (result.weight.length === 0) skipUnit(draft, unit, badInputs);
        else if (!isFinite32(result.weight)) skipUnit(draft, unit, 'its updated weights left the range of float32');
        else {
          const stored = transB ? transposed(result.weight, k, n) : result.weight;
          const name = draft.addInitializer(`${weightName}_sparse`, await context.keep(float32(weight.dims, stored)));
          draft.rename(weightName, name);
          draft.note(
            `[${k}, ${n}] with ${percent(result.zeros / (k * n))} zeros (${method}); gzip makes about ${percent(result.zipped)} of its bytes`,
            unit.linears.map(({ node }) => draft.current(node) ?? node),
          );
        }
      },
    );
  }
};
