import type { Context, Tensor } from '../../contracts/index.ts';
import { float32, matrixOf } from '../linear.ts';
import type { Group, Unit } from '../quantize/blocks/targets.ts';
import { sharedFloats, type Workers } from '../workers/index.ts';
import { allocate, rankStep, totalOf, type Candidate } from './ranks.ts';
import { wishOf, type RankSettings } from './settings.ts';

/** The smaller side of a matrix beyond which its singular vectors take too long. */
const widestSide = 4096;

/** A weight, or several beside each other, as a product of two matrices of which any first columns and rows may be taken. */
export interface Piece {
  /** Several: they read the same input and share the left matrix. */
  readonly units: readonly Unit[];
  readonly k: number;
  /** Of all units. */
  readonly n: number;
  /** [k, rank] and [rank, n]. */
  readonly left: Tensor;
  readonly right: Tensor;
  readonly rank: number;
  readonly tails: Float64Array;
}

/** Some units of a group: pieces for those that can be factored, reasons for the others. */
export interface Outcome {
  readonly pieces: readonly Piece[];
  readonly skipped: readonly (readonly [Unit, string])[];
}

export const candidateOf = ({ units, k, n, tails }: Piece): Candidate => ({
  whole: k * n,
  perRank: k + n,
  tails,
  weight: units.length,
});

const percent = (share: number): string => `${(100 * share).toPrecision(2)} %`;

interface Work {
  readonly gram: Float32Array | null;
  readonly settings: RankSettings;
  readonly damping: number;
  readonly workers: Workers;
  readonly context: Context;
}

/** Factor the matrices of some units as one. */
const factored = async (
  units: readonly Unit[],
  matrices: readonly Float32Array[],
  { gram, settings, damping, workers, context }: Work,
): Promise<Piece | string> => {
  const { k } = units[0]!.linear;
  const n = units.reduce((sum, { linear }) => sum + linear.n, 0);
  const wish = wishOf(k, n, settings);
  if (typeof wish === 'string') return wish;
  if (Math.min(k, n) > widestSide) return `both its sides are above ${widestSide}: it would take too long`;
  const weight = sharedFloats(k * n);
  const parts = new Int32Array(units.length);
  let from = 0;
  units.forEach(({ linear }, i) => {
    for (let row = 0; row < k; row++)
      weight.set(matrices[i]!.subarray(row * linear.n, (row + 1) * linear.n), row * n + from);
    parts[i] = from += linear.n;
  });
  const found = await workers.run('factorize/factors', { weight, gram, k, n, damping, parts, ...wish });
  if (!found.finite) return 'its input holds NaN or infinity on the calibration data';
  if (found.rank === 0)
    return `at rank ${wish.most}, the highest that is faster, its output error is ${percent(Math.sqrt(found.tails.at(-1)!))}: the budget is ${percent(settings.error)}`;
  return {
    units,
    k,
    n,
    left: await context.keep(float32([k, found.rank], found.left)),
    right: await context.keep(float32([found.rank, n], found.right)),
    rank: found.rank,
    tails: found.tails,
  };
};

/** Whether one shared left matrix loses less than one for each layer at the same cost, or costs less at the same error. */
const isJointBetter = (single: readonly Piece[], joint: Piece, { budget, ratio }: RankSettings): boolean => {
  const candidates = single.map(candidateOf);
  const one = candidateOf(joint);
  if (budget === 'error')
    return (
      joint.rank * one.perRank <
      totalOf(
        candidates,
        single.map(({ rank }) => rank),
      ).cost
    );
  const goal = ratio * one.whole;
  const rank = Math.min(joint.rank, Math.max(rankStep, Math.floor(goal / one.perRank / rankStep) * rankStep));
  const together = totalOf([one], [rank]);
  const apart = totalOf(candidates, allocate(candidates, goal));
  if (together.cost > goal || apart.cost > goal) return together.cost < apart.cost;
  return together.error < apart.error;
};

/** Factor the weights of a group. With `shareInput`, layers that read the same value share their first product where that is better; the
 *  layers of such a piece keep the error together, not each on its own. Writes nothing. */
export const piecesOf = async (group: Group, shareInput: boolean, work: Work): Promise<Outcome> => {
  const skipped: [Unit, string][] = [];
  const pieces: Piece[] = [];
  const units: Unit[] = [];
  const matrices: Float32Array[] = [];
  for (const unit of group.units) {
    const matrix = await matrixOf(unit.linear, work.context);
    if (matrix === null) skipped.push([unit, `the weight ${unit.linear.weightName} holds NaN or infinity`]);
    else {
      units.push(unit);
      matrices.push(matrix);
    }
  }
  const mayShare =
    shareInput &&
    units.length > 1 &&
    group.inputs.length === 1 &&
    (work.settings.budget === 'ratio' || work.settings.budget === 'error');
  const [joint, ...single] = await Promise.all([
    mayShare ? factored(units, matrices, work) : 'not asked for',
    ...units.map((unit, i) => factored([unit], [matrices[i]!], work)),
  ]);
  single.forEach((piece, i) => {
    if (typeof piece === 'string') skipped.push([units[i]!, piece]);
    else pieces.push(piece);
  });
  // Only where all of them could do without each other is there something to compare.
  if (joint !== undefined && typeof joint !== 'string' && pieces.length === units.length)
    if (isJointBetter(pieces, joint, work.settings)) return { pieces: [joint], skipped };
  return { pieces, skipped };
};
