import {
  defineTechnique,
  SteelyardError,
  type Change,
  type Context,
  type Model,
  type Refusal,
  type TechniqueResult,
} from '../../contracts/index.ts';
import { edit, labelOf } from '../../model/graph/index.ts';
import { anatomyOf, layersOf, type Anatomy, type Block } from '../anatomy/index.ts';
import { viewOf, type View } from '../anatomy/walk.ts';
import { observe } from '../calibrate/index.ts';
import { matches } from '../linear.ts';
import { refit, type Wish } from '../recover/refit.ts';
import { foldAt, foldInto, type Fold } from './layers-fold.ts';
import { likeness, type Likeness } from './layers-likeness.ts';
import { besidePruned } from './beside.ts';
import { settleNames } from './settle-names.ts';
import { damping } from './structured-repair.ts';

const options = {
  keep: {
    kind: 'number',
    min: 0,
    max: 1,
    default: 0.75,
    search: [0.75, 0.5, 0.25],
    description: 'Share of the blocks to keep, rounded down to whole blocks; 1 keeps all.',
  },
  repair: {
    kind: 'choice',
    choices: ['none', 'fold', 'fit'],
    default: 'fit',
    description:
      'fit: all linear layers behind the first dropped block are fitted in closed form to what they made before. fold: only the mean scale and shift of each channel stay, in the normalization or the bias before. none: nothing.',
  },
  exclude: {
    kind: 'names',
    default: [],
    description: 'Blocks that stay, named by any of their nodes; * matches any characters.',
  },
} as const;

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

const blocksKept = (keep: number, blocks: number): number => Math.max(1, Math.floor(keep * blocks + 1e-9));

const nameOf = (block: Block): string => labelOf(block.attention.core);

/** Everything that depends on a value: its layers are what can make up for a change there. */
const layersBehind = (model: Model, value: string, before: View): Wish[] => {
  const view = viewOf(model);
  const { all } = layersOf(view);
  const layers = new Map(all.map((layer) => [layer.node, layer]));
  const behind = new Set([value]);
  const wishes: Wish[] = [];
  for (const node of view.draft.nodes()) {
    if (!node.inputs.some((name) => behind.has(name))) continue;
    for (const name of node.outputs) behind.add(name);
    const layer = layers.get(node);
    const output = node.outputs[0] ?? '';
    if (layer && before.draft.producer(output)) wishes.push({ output, target: output, columns: null, width: layer.n });
  }
  return wishes;
};

/** Why a block cannot be taken out; null: it can. */
const fixed = ({ draft }: View, block: Block, exclude: readonly string[]): string | null => {
  if (block.nodes.some((node) => matches(node, exclude))) return 'excluded by the exclude option';
  if (draft.isOutput(block.output)) return 'its result is an output of the model';
  if (draft.capturedBySubgraph(block.output)) return 'a body of If, Loop or Scan uses its result';
  const maker = draft.producer(block.output);
  return maker && block.nodes.includes(maker)
    ? null
    : 'its last sum is inside a fused operator that the next block needs, too: prune before fusing';
};

/** Dropped blocks that follow each other go as one. */
const runsOf = (blocks: readonly Block[], dropped: ReadonlySet<Block>): readonly (readonly Block[])[] => {
  const runs: Block[][] = [];
  blocks.forEach((block, i) => {
    if (!dropped.has(block)) return;
    if (i > 0 && dropped.has(blocks[i - 1]!)) runs.at(-1)!.push(block);
    else runs.push([block]);
  });
  return runs;
};

const isNumber = (value: number): boolean => Number.isFinite(value);

const cancelled = (context: Context): void => {
  if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while dropping blocks');
};

const dropped = async (
  model: Model,
  anatomy: Anatomy,
  { keep, repair, exclude }: { keep: number; repair: 'none' | 'fold' | 'fit'; exclude: readonly string[] },
  context: Context,
): Promise<TechniqueResult> => {
  const view = viewOf(model);
  const { blocks, width } = anatomy;
  const skipped: Refusal[] = [...anatomy.skipped];
  const free = blocks.filter((block) => {
    const why = fixed(view, block, exclude);
    if (why !== null) skipped.push({ reason: why, nodes: [nameOf(block)] });
    return why === null;
  });
  const count = Math.min(blocks.length - blocksKept(keep, blocks.length), free.length);
  if (count === 0) {
    skipped.push({ reason: `no block goes: of ${blocks.length} blocks ${free.length} can be dropped`, nodes: [] });
    return { model, changes: [], skipped };
  }
  const alike = new Map<Block, Likeness>(free.map((block) => [block, likeness(block.output, width)]));
  await observe(
    model,
    [...alike].map(([block, statistic]) => ({ value: block.input, statistic })),
    context,
    'comparing blocks',
  );
  // What cannot be compared (NaN) stays longest.
  const influence = (block: Block): number => {
    const cosine = alike.get(block)?.cosine() ?? Number.NaN;
    return isNumber(cosine) ? 1 - cosine : Number.POSITIVE_INFINITY;
  };
  const chosen = new Set(free.toSorted((a, b) => influence(a) - influence(b)).slice(0, count));
  const runs = runsOf(blocks, chosen);
  const ends = runs.map((run) => ({ run, input: run[0]!.input, output: run.at(-1)!.output }));
  const folds = new Map<(typeof ends)[number], { fold: Fold; found: Likeness }>();
  if (repair === 'fold') {
    for (const end of ends) {
      const fold = foldAt(view, anatomy, end.input);
      if (fold) folds.set(end, { fold, found: likeness(end.output, width) });
      else
        skipped.push({
          reason: 'dropped without a repair: nothing before it can take up a scale or a shift',
          nodes: end.run.map(nameOf),
        });
    }
    if (folds.size > 0)
      await observe(
        model,
        [...folds].map(([{ input }, { found }]) => ({ value: input, statistic: found })),
        context,
        'collecting what dropped blocks did',
      );
  }
  cancelled(context);
  const draft = edit(model);
  const replaced = new Map<string, string>();
  const changes: Change[] = [];
  for (const end of ends) {
    const one = folds.get(end);
    const finite = one && [...one.found.affine().scale, ...one.found.affine().shift].every(isNumber);
    if (one && finite) await foldInto(draft, one.fold, one.found, context, replaced);
    draft.rename(end.output, end.input);
    const how =
      !one || !finite
        ? ''
        : one.fold.scale
          ? '; its mean scale and shift folded into what is before'
          : '; its mean shift folded into what is before';
    for (const block of end.run)
      changes.push({
        what: `block ${blocks.indexOf(block) + 1} of ${blocks.length} dropped, 1 − cosine ${influence(block).toFixed(4)}${how}`,
        nodes: [nameOf(block)],
      });
  }
  const result = settleNames(draft.done().model, replaced);
  if (repair !== 'fit') return { model: result, changes, skipped };
  const wishes = layersBehind(result, ends[0]!.input, view);
  const fitted = await refit(result, model, wishes, context, damping);
  for (const { reason, node } of fitted.skipped) skipped.push({ reason, nodes: node ? [labelOf(node)] : [] });
  for (const { node, before, after } of fitted.layers)
    changes.push({
      what: `fitted to what it made before: error of its outputs ${percent(before)} to ${percent(after)}`,
      nodes: [labelOf(node)],
    });
  return { model: fitted.model, changes, skipped };
};

/** Drop the transformer blocks that change their input least. Shapes: unchanged. Errors: those of calibration. */
export const layers = defineTechnique({
  id: 'prune/layers',
  version: 2,
  title: 'Drop whole transformer blocks',
  source:
    'Men et al. 2024 (ShortGPT): block influence = 1 − cosine of input and output; ridge regression for the layers behind',
  summary:
    'Takes out the transformer blocks whose output is most like their input on the calibration data and joins what was before and behind them. Time and size fall with the number of blocks on every processor. The layers behind are fitted in closed form (least squares on the calibration data) to what they made before; deeper cuts need training afterwards.',
  options,
  needs: { calibration: 'required', training: false },
  fileSuffix: null,
  place: { stage: 'network', saves: ['time', 'bytes'] },
  searchFor(model) {
    const anatomy = anatomyOf(model);
    if (!('blocks' in anatomy)) return { keep: [] };
    const { length } = anatomy.blocks;
    // Shares that keep as many blocks are one.
    const byCount = new Map(options.keep.search.toReversed().map((keep) => [blocksKept(keep, length), keep]));
    return { keep: [...byCount.values()].toReversed() };
  },
  tolerance: () => null,
  check: (model, { keep }) => {
    if (keep === 0) return { reason: 'keeping no block would leave no model', nodes: [] };
    if (keep === 1) return { reason: 'all blocks are to be kept: set keep below 1', nodes: [] };
    const anatomy = anatomyOf(model);
    if (!('blocks' in anatomy)) return anatomy;
    return anatomy.blocks.length > 1
      ? null
      : { reason: 'the model has a single transformer block, which must stay', nodes: [] };
  },
  async apply(model, settings, context) {
    cancelled(context);
    const anatomy = anatomyOf(model);
    if (!('blocks' in anatomy)) return { model, changes: [], skipped: [anatomy] };
    const result = await dropped(model, anatomy, settings, context);
    return result.changes.length === 0 ? result : { ...result, companions: await besidePruned(result.model, context) };
  },
});
