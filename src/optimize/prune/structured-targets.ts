import type { Node } from '../../contracts/index.ts';
import { labelOf } from '../../model/graph/index.ts';
import type { Anatomy } from '../anatomy/index.ts';
import { layersOf } from '../anatomy/index.ts';
import { isOp, rootOf, type View } from '../anatomy/walk.ts';
import { isLinear, matches } from '../linear.ts';
import { spreadFrom, stuckAt, type Seed } from './spread/spread.ts';
import type { Group } from './spread/types.ts';

export type Kind = 'heads' | 'neurons' | 'width' | 'channels';

/** Units that may go. */
export interface Target {
  readonly kind: Kind;
  readonly group: Group;
  /** Kept numbers are multiples of this. */
  readonly multiple: number;
  readonly least: number;
  /** Names for messages: the layers that make and read the units. */
  readonly nodes: readonly string[];
}

export interface Missed {
  readonly reason: string;
  readonly nodes: readonly string[];
}

export interface Targets {
  readonly found: readonly Target[];
  readonly missed: readonly Missed[];
}

const identity = (size: number, width = 1): Int32Array =>
  Int32Array.from({ length: size }, (_, i) => Math.floor(i / width));

const seedAt = (view: View, value: string, axis: number, width = 1): Seed | null => {
  const dims = view.sizes.dims(value);
  const place = axis < 0 ? axis + (dims?.length ?? 0) : axis;
  const size = dims?.[place];
  return typeof size === 'number' ? { value, axis: place, units: identity(size, width) } : null;
};

const layerNames = (group: Group): string[] => [
  ...new Set([...group.producers, ...group.consumers].map(({ node }) => labelOf(node))),
];

/** Small counts need not be rounded: nothing is aligned below this. */
const multipleOf = (count: number): number => (count >= 32 ? 8 : count >= 16 ? 4 : 1);

const target = (kind: Kind, group: Group): Target => ({
  kind,
  group,
  multiple: kind === 'heads' ? 1 : multipleOf(group.count),
  least: kind === 'heads' ? 1 : Math.min(8, group.count),
  nodes: layerNames(group),
});

const isConv = (node: Node): boolean => isOp(node, 'Conv', 'ConvTranspose') || node.op === 'FusedConv';

/** Channels of hidden layers outside of transformers: between one layer (or a gated pair) and those that read it. */
const hiddenNeurons = (view: View): Targets => {
  const found: Target[] = [];
  const missed: Missed[] = [];
  const seen = new Set<string>();
  for (const linear of layersOf(view).all) {
    const seed = seen.has(linear.input) ? null : seedAt(view, linear.input, -1);
    const maker = view.draft.producer(linear.input);
    if (!seed || !maker) continue;
    const group = spreadFrom(view, [seed]);
    if ('reason' in group) {
      missed.push({ reason: `its inputs cannot be cut: ${stuckAt(group)}`, nodes: [labelOf(linear.node)] });
      continue;
    }
    for (const value of group.values.keys()) seen.add(value);
    const inputs = new Set(group.producers.map(({ node }) => rootOf(view, node.inputs[0] ?? '')));
    const plain = [...group.producers, ...group.consumers].every(({ node }) => isLinear(node)) && !group.restated;
    if (plain && inputs.size === 1 && group.consumers.length > 0) found.push(target('neurons', group));
  }
  if (found.length === 0 && missed.length === 0)
    missed.push({ reason: 'no layer reads the outputs of another one, both with constant float32 weights', nodes: [] });
  return { found, missed };
};

const inBlocks = (
  view: View,
  anatomy: Anatomy,
  kind: 'heads' | 'neurons',
  seedOf: (block: Anatomy['blocks'][number]) => Seed | null,
): Targets => {
  const found: Target[] = [];
  const missed: Missed[] = [];
  const seen = new Set<string>();
  for (const block of anatomy.blocks) {
    const layer = kind === 'heads' ? block.attention.output : block.feedForward.down;
    const seed = seedOf(block);
    if (seed && seen.has(seed.value)) continue;
    const group = seed ? spreadFrom(view, [seed]) : { reason: 'its size is not known', node: null };
    if ('reason' in group) {
      missed.push({ reason: `its ${kind} cannot be cut: ${stuckAt(group)}`, nodes: [labelOf(layer.node)] });
      continue;
    }
    for (const value of group.values.keys()) seen.add(value);
    found.push(target(kind, group));
  }
  return { found, missed };
};

const headTargets = (view: View, anatomy: Anatomy): Targets =>
  inBlocks(view, anatomy, 'heads', ({ attention }) =>
    seedAt(view, attention.context, -1, attention.headWidth * (attention.heads / attention.keyHeads)),
  );

const widthTargets = (view: View, anatomy: Anatomy): Targets => {
  const seed = seedAt(view, anatomy.embedded, -1);
  const group = seed ? spreadFrom(view, [seed]) : { reason: 'its size is not known', node: null };
  if ('reason' in group)
    return { found: [], missed: [{ reason: `the hidden width cannot be cut: ${stuckAt(group)}`, nodes: [] }] };
  return { found: [target('width', group)], missed: [] };
};

const channelTargets = (view: View): Targets => {
  const found: Target[] = [];
  const missed: Missed[] = [];
  const seen = new Set<string>();
  for (const node of view.draft.nodes()) {
    const output = node.outputs[0] ?? '';
    if (!isConv(node) || seen.has(output)) continue;
    const seed = seedAt(view, output, 1);
    const group = seed ? spreadFrom(view, [seed]) : { reason: 'the number of its channels is not known', node: null };
    if ('reason' in group) {
      missed.push({ reason: `its channels cannot be cut: ${stuckAt(group)}`, nodes: [labelOf(node)] });
      continue;
    }
    for (const value of group.values.keys()) seen.add(value);
    if (group.restated)
      missed.push({ reason: 'its channels cannot be cut: a normalization runs over them', nodes: [labelOf(node)] });
    else if (group.producers.every((one) => isConv(one.node)) && group.consumers.length > 0)
      found.push(target('channels', group));
  }
  return { found, missed };
};

/** What may be cut of a kind; what may not, with reasons. Targets that `exclude` names a layer of are missed. Reads no weights. */
export const targetsOf = (view: View, anatomy: Anatomy | null, kind: Kind, exclude: readonly string[]): Targets => {
  const all = ((): Targets => {
    if (kind === 'channels') return channelTargets(view);
    if (anatomy === null)
      return kind === 'neurons'
        ? hiddenNeurons(view)
        : { found: [], missed: [{ reason: `it has no transformer blocks whose ${kind} could be cut`, nodes: [] }] };
    if (kind === 'heads') return headTargets(view, anatomy);
    if (kind === 'width') return widthTargets(view, anatomy);
    return inBlocks(view, anatomy, 'neurons', ({ feedForward }) => seedAt(view, feedForward.hidden, -1));
  })();
  const excluded = (one: Target): boolean =>
    [...one.group.producers, ...one.group.consumers].some(({ node }) => matches(node, exclude));
  return {
    found: all.found.filter((one) => !excluded(one)),
    missed: [
      ...all.missed,
      ...all.found.filter(excluded).map(({ nodes }) => ({ reason: 'excluded by the exclude option', nodes })),
    ],
  };
};

/** How many units stay of a share: a multiple where sizes are large, at least a few. */
export const keptCount = (
  count: number,
  share: number,
  { multiple, least }: Pick<Target, 'multiple' | 'least'>,
): number => Math.min(count, Math.max(least, multiple, Math.round((count * share) / multiple) * multiple));
