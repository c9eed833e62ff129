import type { Model, Node, SearchSettings } from '../../contracts/index.ts';
import { graphsOf, labelOf } from '../../model/graph/index.ts';
import { anatomyOf } from '../../optimize/anatomy/index.ts';
import { fits } from './patterns.ts';

/** Layers that are decided about together. */
export interface LayerGroup {
  /** "layer.*.attention.self.query" in "without …". */
  readonly words: string;
  /** What the option `exclude` of a layerwise technique gets. */
  readonly exclude: readonly string[];
}

interface Layer {
  readonly label: string;
  readonly dims: string;
}

/** Nodes with a constant matrix or kernel, in graph order. */
const layersOf = (model: Model): readonly Layer[] =>
  graphsOf(model).flatMap(({ nodes, initializers }) =>
    nodes.flatMap((node) => {
      const weight = node.inputs.map((name) => initializers.get(name)).find((one) => (one?.dims.length ?? 0) > 1);
      return weight === undefined || !['MatMul', 'Gemm', 'Conv', 'LSTM', 'FusedMatMul', 'Attention'].includes(node.op)
        ? []
        : [{ label: labelOf(node), dims: `${node.op} ${weight.dims.join('x')}` }];
    }),
  );

/** A name with a star for each of its numbers. */
const patternOf = (label: string): string => label.replace(/\d+/g, '*');

/** Equal layers by their role: the same name but for numbers, the same shape. Those that are alone are no group. */
const roles = (model: Model): readonly LayerGroup[] => {
  const layers = layersOf(model);
  const groups = new Map<string, Layer[]>();
  for (const layer of layers) {
    const key = `${patternOf(layer.label)} ${layer.dims}`;
    groups.set(key, [...(groups.get(key) ?? []), layer]);
  }
  const names = new Set<string>();
  return [...groups.values()]
    .filter((members) => members.length > 1)
    .map((members) => {
      const pattern = patternOf(members[0]!.label);
      const own = new Set(members.map(({ label }) => label));
      const exact = layers.every(({ label }) => own.has(label) === fits(label, [pattern]));
      const short = shortOf(pattern);
      const words = names.has(short) ? `${short} (${members[0]!.dims})` : short;
      names.add(short);
      return { words, exclude: exact ? [pattern] : [...own] };
    });
};

/** The telling end of a name: what follows the number of the block, without the operator. "attention/self/query". */
const shortOf = (pattern: string): string => {
  const parts = pattern.split('/').filter((part) => part !== '');
  const numbered = parts.findLastIndex((part, index) => part.includes('*') && index < parts.length - 1);
  const inside = parts.slice(numbered + 1);
  const telling = inside.length > 1 ? inside.slice(0, -1) : inside;
  return telling.length > 0 ? telling.join('/') : pattern;
};

/** The first and the last block of a transformer. */
const blocks = (model: Model): readonly LayerGroup[] | string => {
  const anatomy = anatomyOf(model);
  if (!('blocks' in anatomy)) return anatomy.reason;
  const { length } = anatomy.blocks;
  if (length < 2) return 'the network has a single block';
  const layers = new Set(layersOf(model).map(({ label }) => label));
  const group = (words: string, nodes: readonly Node[]): LayerGroup => ({
    words,
    exclude: nodes.map(labelOf).filter((label) => layers.has(label)),
  });
  return [
    group('the first block', anatomy.blocks[0]!.nodes),
    group('the last block', anatomy.blocks[length - 1]!.nodes),
  ].filter(({ exclude }) => exclude.length > 0);
};

/** The groups of equal layers of a network that a search may leave as they are, or why there are none. */
export const groupsOf = (model: Model, by: SearchSettings['layers']): readonly LayerGroup[] | string => {
  if (by === 'none') return [];
  const found = by === 'roles' ? roles(model) : blocks(model);
  return typeof found !== 'string' && found.length === 0 ? 'no two layers have the same role' : found;
};
