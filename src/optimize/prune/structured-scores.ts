import type { Context, Model } from '../../contracts/index.ts';
import { toFloat32 } from '../../model/tensor/index.ts';
import type { Anatomy } from '../anatomy/index.ts';
import type { View } from '../anatomy/walk.ts';
import { channelSquares, observe, type Request } from '../calibrate/index.ts';
import { contributions, magnitudesAlong } from './structured-statistics.ts';
import { readerOf } from './structured-layers.ts';
import type { Target } from './structured-targets.ts';
import type { Units } from './spread/types.ts';

export type Score = 'activation' | 'magnitude' | 'random';

const eachPlace = (dims: readonly number[], axis: number, take: (place: number, at: number) => void): void => {
  const size = dims[axis] ?? 1;
  const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const total = dims.reduce((product, dim) => product * dim, 1);
  for (let at = 0; at < total; at++) take(Math.floor(at / inner) % size, at);
};

/** Root of the sum of squares of all weights that go with each unit; vectors (biases, scales) do not count. */
const byMagnitude = async (view: View, { group }: Target, context: Context): Promise<Float64Array> => {
  const sums = new Float64Array(group.count);
  for (const { node, input, axis, units } of group.cuts) {
    const weight = view.draft.constant(node.inputs[input] ?? '');
    if (weight?.dtype !== 'float32' || weight.dims.length < 2) continue;
    const values = toFloat32('float32', await context.bytes(weight));
    eachPlace(weight.dims, axis, (place, at) => {
      const unit = units[place]!;
      if (unit >= 0) sums[unit]! += values[at]! ** 2;
    });
  }
  return sums.map(Math.sqrt);
};

/** The run length of units that lie side by side in equal runs from 0 on; null when they lie otherwise. */
const runOf = (units: Units, count: number): number | null => {
  const size = units.length / count;
  return Number.isInteger(size) && units.every((unit, i) => unit === Math.floor(i / size)) ? size : null;
};

/** ‖W_j‖ of the row of the weight that each place along the cut axis meets; [places]. */
const rowNorms = (matrix: Float32Array, places: number, perPlace: number, n: number): Float64Array =>
  Float64Array.from({ length: places }, (_, place) => {
    let sum = 0;
    for (let i = place * perPlace * n; i < (place + 1) * perPlace * n; i++) sum += matrix[i]! ** 2;
    return Math.sqrt(sum);
  });

/** Scores by what units do on real inputs. Heads: E‖O_h · Wo_h‖. Neurons and channels: ‖W_j‖ · E|a_j| over all layers that read them.
 *  Width: Σ over the blocks of E x². */
const byActivation = async (
  model: Model,
  view: View,
  anatomy: Anatomy | null,
  targets: readonly Target[],
  context: Context,
): Promise<readonly Float64Array[]> => {
  const requests: Request[] = [];
  const finish: (() => void)[] = [];
  const scores = targets.map(({ group }) => new Float64Array(group.count));
  for (const [i, { kind, group }] of targets.entries()) {
    const score = scores[i]!;
    if (kind === 'width') {
      const values = anatomy ? [anatomy.embedded, ...anatomy.blocks.map(({ output }) => output)] : [];
      for (const value of values) {
        const statistic = channelSquares(group.count);
        requests.push({ value, statistic });
        finish.push(() => statistic.sums.forEach((sum, unit) => (score[unit]! += sum)));
      }
      continue;
    }
    for (const { node, units } of group.consumers) {
      const reader = readerOf(view, node);
      const matrix = typeof reader === 'string' ? null : await reader.matrix(context);
      if (typeof reader === 'string' || !matrix) continue;
      const run = runOf(units, group.count);
      if (kind === 'heads' && run !== null) {
        const statistic = contributions(matrix, group.count, run, reader.n);
        requests.push({ value: reader.input, statistic });
        finish.push(() => statistic.sums.forEach((sum, unit) => (score[unit]! += sum)));
        continue;
      }
      const rank = view.sizes.dims(reader.input)?.length ?? 0;
      const along = reader.kernel ? 1 : rank - 1;
      const statistic = magnitudesAlong(along, rank, units.length);
      const norms = rowNorms(matrix, units.length, reader.perPlace, reader.n);
      requests.push({ value: reader.input, statistic });
      finish.push(() =>
        statistic.mean().forEach((mean, place) => {
          const unit = units[place]!;
          if (unit >= 0) score[unit]! += norms[place]! * mean;
        }),
      );
    }
  }
  await observe(model, requests, context, 'scoring');
  for (const one of finish) one();
  return scores;
};

/** How much each unit of each target matters: the larger, the longer it stays. NaN counts as nothing.
 *  Shapes: [units] for each target. Errors: those of `observe`. Source: Michel et al. 2019; Muralidharan et al. 2024 (Minitron); Sun et al. 2024. */
export const scoresOf = async (
  model: Model,
  view: View,
  anatomy: Anatomy | null,
  targets: readonly Target[],
  by: Score,
  context: Context,
): Promise<readonly Float64Array[]> => {
  const found: Float64Array[] = [];
  if (by === 'activation') found.push(...(await byActivation(model, view, anatomy, targets, context)));
  else
    for (const target of targets) {
      const random = context.random(`prune ${target.kind} ${target.nodes.join()}`);
      found.push(
        by === 'random'
          ? Float64Array.from({ length: target.group.count }, () => random.next())
          : await byMagnitude(view, target, context),
      );
    }
  return found.map((scores) => scores.map((score) => (Number.isFinite(score) ? score : 0)));
};

/** The best units, ascending; of equals the first. */
export const bestOf = (scores: Float64Array, count: number): readonly number[] =>
  Array.from(scores, (_, unit) => unit)
    .toSorted((a, b) => scores[b]! - scores[a]! || a - b)
    .slice(0, count)
    .toSorted((a, b) => a - b);
