import type { Context, Model, Node, Tensor } from '../../contracts/index.ts';
import { toFloat32 } from '../../model/tensor/index.ts';
import type { View } from '../anatomy/walk.ts';
import { observe } from '../calibrate/index.ts';
import { float32 } from '../linear.ts';
import { withWorkers } from '../workers/index.ts';
import { readerOf, type Reader } from './structured-layers.ts';
import { moments, patchMoments, type Moments } from './structured-statistics.ts';
import { placesOf, type Labels, type Plan, type Repaired } from './structured-cut.ts';

/** λ as a share of the mean second moment of the inputs. */
export const damping = 1e-3;
/** Inputs of a layer beyond which its moments (k² numbers) are not collected. */
const widest = 8192;
/** Numbers of moments that one pass over the data collects. */
const perPass = 1 << 26;

export interface Report {
  readonly node: Node;
  /** Relative error of the layer's outputs with the cut alone, and after the repair. */
  readonly before: number;
  readonly after: number;
}

export interface Repairs {
  readonly operands: Repaired;
  readonly reports: readonly Report[];
  readonly skipped: readonly { readonly reason: string; readonly node: Node }[];
}

interface Work {
  readonly reader: Reader;
  readonly kept: readonly number[];
  readonly statistic: Moments;
}

const grown = async (
  { tensor, scale }: NonNullable<Reader['bias']>,
  shift: Float32Array,
  context: Context,
): Promise<Tensor> => {
  const values = toFloat32('float32', await context.bytes(tensor));
  return float32(
    tensor.dims,
    values.map((value, i) => value + shift[i]! / scale),
  );
};

/** Least squares for every layer whose inputs are cut: its kept weights and its bias make up for what goes, on the calibration data.
 *  Moments are collected inside the session, the arithmetic runs in worker threads. Peak memory: the moments of one pass.
 *  Errors: those of `observe` and of the workers. */
export const repairsOf = async (
  model: Model,
  view: View,
  plans: readonly Plan[],
  context: Context,
): Promise<Repairs> => {
  const work: Work[] = [];
  const skipped: { reason: string; node: Node }[] = [];
  const labels = new Map<Node, Labels>();
  for (const { group, keep } of plans)
    for (const { node, units } of group.consumers)
      labels.set(node, [...(labels.get(node) ?? []), [units, new Set(keep)]]);
  for (const [node, own] of labels) {
    const reader = readerOf(view, node);
    if (typeof reader === 'string' || reader.k > widest) {
      const why =
        typeof reader === 'string'
          ? reader
          : `it has ${reader.k} inputs, more than the ${widest} whose moments are collected`;
      skipped.push({ reason: `not repaired: ${why}`, node });
      continue;
    }
    const { perPlace, k, kernel } = reader;
    const stays = new Set(placesOf(own));
    const kept = Array.from({ length: k }, (_, row) => row).filter((row) => stays.has(Math.floor(row / perPlace)));
    work.push({ reader, kept, statistic: kernel ? patchMoments(node, kernel) : moments(k) });
  }
  const operands = new Map<Node, Map<number, { readonly tensor: Tensor; readonly axis: number | null }>>();
  const put = (node: Node, input: number, tensor: Tensor, axis: number | null): void => {
    const own = operands.get(node) ?? new Map<number, { readonly tensor: Tensor; readonly axis: number | null }>();
    operands.set(node, own.set(input, { tensor, axis }));
  };
  const axisOf = new Map(plans.flatMap(({ group }) => group.consumers.map(({ node, axis }) => [node, axis] as const)));
  const reports: Report[] = [];
  await withWorkers(context, async (workers) => {
    for (let start = 0; start < work.length;) {
      let end = start;
      for (let size = 0; end < work.length; end++) {
        size += (work[end]!.reader.k + 1) ** 2;
        if (size > perPass && end > start) break;
      }
      const group = work.slice(start, end);
      start = end;
      await observe(
        model,
        group.map(({ reader, statistic }) => ({ value: reader.input, statistic })),
        context,
        'collecting moments for the repair',
      );
      await workers.each(
        'prune/thin',
        group,
        async ({ reader, kept, statistic }) => ({
          moments: statistic.matrix(),
          weight: (await reader.matrix(context)) ?? new Float32Array(reader.k * reader.n),
          k: reader.k,
          n: reader.n,
          kept,
          damping,
          bias: reader.bias !== null,
        }),
        async ({ weight, shift, before, after, solved }, { reader, kept }) => {
          const { node, bias } = reader;
          if (!solved || weight.every((value) => value === 0)) {
            skipped.push({ reason: 'not repaired: its inputs or its weight are not all finite, or nothing', node });
            return;
          }
          reports.push({ node, before, after });
          put(node, 1, await context.keep(reader.stored(weight, kept.length)), axisOf.get(node) ?? null);
          if (bias) put(bias.node, bias.input, await context.keep(await grown(bias, shift, context)), null);
        },
      );
    }
  });
  return { operands, reports, skipped };
};
