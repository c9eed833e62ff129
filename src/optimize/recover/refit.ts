import { SteelyardError, type Context, type Model, type Node, type Tensor } from '../../contracts/index.ts';
import { edit } from '../../model/graph/index.ts';
import { toFloat32 } from '../../model/tensor/index.ts';
import { viewOf } from '../anatomy/walk.ts';
import { observe } from '../calibrate/index.ts';
import { float32 } from '../linear.ts';
import { settleNames } from '../prune/settle-names.ts';
import { readerOf, type Reader } from '../prune/structured-layers.ts';
import { withWorkers } from '../workers/index.ts';
import { crossMoments, type CrossMoments } from './cross-moments.ts';
import { pairOf } from './pair.ts';

/** A layer and what its outputs should be. */
export interface Wish {
  /** The node of the layer, by its first output: nodes change, names stay. */
  readonly output: string;
  /** Value of the original that its result (before any bias behind it) should equal. */
  readonly target: string;
  /** Columns of the target, in the order of the layer's outputs; null: all. */
  readonly columns: readonly number[] | null;
  /** Size of the target's last axis. */
  readonly width: number;
}

export interface Refitted {
  readonly output: string;
  readonly node: Node;
  /** Relative error of the outputs on the inputs that the layer now gets. */
  readonly before: number;
  readonly after: number;
}

export interface Refit {
  readonly model: Model;
  readonly layers: readonly Refitted[];
  readonly skipped: readonly { readonly reason: string; readonly node: Node | null }[];
}

/** Numbers of moments that one pass over the data collects. */
const perPass = 1 << 26;
const widest = 8192;

interface Work {
  readonly wish: Wish;
  readonly reader: Reader;
  readonly statistic: CrossMoments;
}

/** How many of these layers lie before each, on the longest way. */
const levelsOf = (model: Model, outputs: ReadonlySet<string>): ReadonlyMap<string, number> => {
  const level = new Map<string, number>();
  const found = new Map<string, number>();
  for (const node of model.graph.nodes) {
    const below = Math.max(0, ...node.inputs.map((name) => level.get(name) ?? 0));
    const own = outputs.has(node.outputs[0] ?? '');
    if (own) found.set(node.outputs[0] ?? '', below);
    for (const name of node.outputs) level.set(name, below + (own ? 1 : 0));
  }
  return found;
};

const chosen = (matrix: Float32Array, rows: number, width: number, columns: readonly number[] | null): Float32Array => {
  if (columns === null) return matrix;
  const result = new Float32Array(rows * columns.length);
  for (let row = 0; row < rows; row++)
    columns.forEach((column, i) => (result[row * columns.length + i] = matrix[row * width + column]!));
  return result;
};

/** Fit layers, in the order of the data, so that on the inputs they get in this model their outputs come as near as they can to those of
 *  another model on the same data: closed form, no gradients. Layers that do not depend on each other are fitted in one pass; each pass
 *  runs both models up to there. Peak memory: both models in a session and the moments of one pass.
 *  Errors: those of `observe` and of the workers; `engine/cancelled`. Source: ridge regression layer by layer. */
export const refit = async (
  model: Model,
  original: Model,
  wishes: readonly Wish[],
  context: Context,
  damping: number,
): Promise<Refit> => {
  let current = model;
  const layers: Refitted[] = [];
  const skipped: { reason: string; node: Node | null }[] = [];
  const levels = levelsOf(model, new Set(wishes.map(({ output }) => output)));
  const stages = [...new Set(levels.values())].toSorted((a, b) => a - b);
  await withWorkers(context, async (workers) => {
    for (const [turn, stage] of stages.entries()) {
      if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while fitting layers');
      context.progress({ label: 'fitting layers', done: turn, total: stages.length });
      const pair = pairOf(current, original);
      if (typeof pair === 'string') {
        skipped.push({ reason: pair, node: null });
        return;
      }
      const view = viewOf(current);
      const work: Work[] = [];
      for (const wish of wishes.filter(({ output }) => levels.get(output) === stage)) {
        const node = view.draft.producer(wish.output);
        const reader = node ? readerOf(view, node) : 'it is not there';
        const why =
          typeof reader === 'string'
            ? reader
            : reader.kernel
              ? 'convolutions are not fitted'
              : reader.n !== (wish.columns?.length ?? wish.width)
                ? `it makes ${reader.n} outputs, and ${wish.columns?.length ?? wish.width} are wanted`
                : reader.k > widest
                  ? `it has ${reader.k} inputs, more than the ${widest} whose moments are collected`
                  : null;
        if (typeof reader === 'string' || why !== null)
          skipped.push({ reason: `not fitted: ${why}`, node: node ?? null });
        else work.push({ wish, reader, statistic: crossMoments(reader.k, pair.original(wish.target), wish.width) });
      }
      for (let start = 0; start < work.length;) {
        let end = start;
        for (let size = 0; end < work.length; end++) {
          const { reader, wish } = work[end]!;
          size += (reader.k + 1) * (reader.k + 1 + wish.width);
          if (size > perPass && end > start) break;
        }
        const group = work.slice(start, end);
        start = end;
        await observe(
          pair.model,
          group.map(({ reader, statistic }) => ({ value: reader.input, statistic })),
          context,
          'comparing layers with the original',
        );
        const draft = edit(current);
        const replaced = new Map<string, string>();
        await workers.each(
          'recover/fit',
          group,
          async ({ reader, statistic, wish }) => {
            const { k, n, bias } = reader;
            const { width, columns } = wish;
            // Gemm's own bias is part of the target; one that an Add brings is not: it may move, but not be fitted anew.
            const inside = bias !== null && bias.node === reader.node;
            const stated = inside ? toFloat32('float32', await context.bytes(bias.tensor)) : null;
            return {
              moments: statistic.moments(),
              cross: chosen(statistic.cross(), k + 1, width, columns),
              square: chosen(statistic.squares(), 1, width, columns).reduce((sum, value) => sum + value, 0),
              weight: (await reader.matrix(context)) ?? new Float32Array(k * n).fill(Number.NaN),
              bias: stated ? stated.map((value) => value * bias!.scale) : new Float32Array(n),
              k,
              n,
              damping,
              free: bias !== null,
            };
          },
          async (fitted, { reader, wish }) => {
            const { node, bias, k } = reader;
            if (!fitted.solved)
              return void skipped.push({
                reason: 'not fitted: its inputs, outputs or weight are not all finite',
                node,
              });
            if (!(fitted.after < fitted.before)) return;
            const operands = new Map<Node, Map<number, Tensor>>();
            operands.set(node, new Map([[1, reader.stored(fitted.weight, k)]]));
            if (bias) {
              const old = toFloat32('float32', await context.bytes(bias.tensor));
              const inside = bias.node === node;
              const next = old.map((value, i) => (inside ? 0 : value) + fitted.bias[i]! / bias.scale);
              const own = operands.get(bias.node) ?? new Map<number, Tensor>();
              operands.set(bias.node, own.set(bias.input, float32(bias.tensor.dims, next)));
            }
            for (const [one, inputs] of operands) {
              // Nodes of this stage's view are those of the model that the draft began with.
              const now = draft.current(one) ?? one;
              const names = [...now.inputs];
              for (const [input, tensor] of inputs) {
                const old = names[input] ?? '';
                names[input] = draft.addInitializer(`${old}_fitted`, await context.keep(tensor));
                replaced.set(names[input], old);
              }
              const { op, domain, name, outputs, attributes } = now;
              draft.replace(now, [{ op, domain, name, outputs, attributes, inputs: names }], 'fitted');
            }
            layers.push({ output: wish.output, node, before: fitted.before, after: fitted.after });
          },
        );
        current = settleNames(draft.done().model, replaced);
      }
    }
  });
  return { model: current, layers, skipped };
};
