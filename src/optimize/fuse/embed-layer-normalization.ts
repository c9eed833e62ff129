import { defineTechnique } from '../../contracts/index.ts';
import type { Node } from '../../contracts/index.ts';
import { editEach, float, floatOf, graphsOf, int, intOf, labelOf, type NodeInit } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { maker, sameSize, through, type View } from './attention/heads.ts';
import { onlyUse } from './attention/scores.ts';
import { shapeValue } from './attention/shape-parts.ts';
import { sizesOf } from './attention/sizes.ts';

/** One summand: a table whose lines are picked by `ids`, or (`ids` null) a constant with one line a position. */
interface Leaf {
  readonly table: string;
  readonly ids: string | null;
  readonly rows: number;
}

/** The summands under a tree of Adds; a reason where a sum in between is used elsewhere; null where a summand is no table. */
const leavesOf = (view: View, name: string, depth = 0): readonly Leaf[] | string | null => {
  const { draft, sizes } = view;
  const at = through(view, name);
  const add = maker(view, at, 'Add');
  if (add && depth < 4) {
    const found: Leaf[] = [];
    for (const input of add.inputs) {
      const leaves = leavesOf(view, input, depth + 1);
      if (leaves === null || typeof leaves === 'string') return leaves;
      found.push(...leaves);
    }
    if (depth > 0 && onlyUse(view, at) === null) return `a sum of its embeddings (${at}) is used elsewhere`;
    return found;
  }
  const gather = maker(view, at, 'Gather');
  const [table = '', ids = ''] = gather?.inputs ?? [];
  const dims = sizes.dims(table);
  if (gather && intOf(gather, 'axis', 0) === 0 && dims?.length === 2)
    return [{ table, ids, rows: typeof dims[0] === 'number' ? dims[0] : 0 }];
  const stored = draft.constant(at);
  const lines = stored?.dims.slice(-2) ?? [];
  const [rows = 0] = lines;
  const single = stored?.dims.slice(0, -2).every((dim) => dim === 1) ?? false;
  return stored && single && lines.length === 2 && rows > 0 ? [{ table: at, ids: null, rows }] : null;
};

interface Embedding {
  readonly word: Leaf & { readonly ids: string };
  readonly position: Leaf;
  readonly segment: (Leaf & { readonly ids: string }) | null;
}

/** Who is who: the position is the summand that all sequences share (or, where none is, the one whose ids are no input of the
 *  graph), the word the largest table of the others. The sum does not depend on it. */
const rolesOf = (view: View, leaves: readonly Leaf[]): Embedding | string => {
  if (leaves.length > 3) return `it sums ${leaves.length} embeddings, not two or three`;
  const shared = ({ ids }: Leaf): boolean =>
    ids === null || view.sizes.dims(ids)?.length === 1 || view.sizes.dims(ids)?.[0] === 1;
  const made = ({ ids }: Leaf): boolean => ids !== null && !view.draft.isInput(through(view, ids));
  const position =
    leaves.find(({ ids }) => ids === null) ??
    leaves.filter(shared).toSorted((a, b) => b.rows - a.rows)[0] ??
    leaves.find(made) ??
    leaves.at(-1);
  const others = leaves.filter((one) => one !== position).toSorted((a, b) => b.rows - a.rows);
  const [word, segment = null] = others;
  if (!position || !word || others.some(({ ids }) => ids === null)) return 'two of its embeddings are constants';
  return { word, position, segment } as Embedding;
};

const fuse = (view: View, node: Node, casts: Map<string, string>): readonly NodeInit[] | string | null => {
  const { draft, sizes } = view;
  const sum = node.inputs[0] ?? '';
  const add = maker(view, through(view, sum), 'Add');
  const leaves = add && leavesOf(view, sum);
  if (!leaves) return null;
  if (typeof leaves === 'string') return leaves;
  if (leaves.length < 2) return null;
  if (node.outputs.slice(1).some((name) => draft.isUsed(name))) return 'its mean or deviation is used elsewhere';
  if (draft.isOutput(sum)) return 'the sum of its embeddings is an output';
  const roles = rolesOf(view, leaves);
  if (typeof roles === 'string') return roles;
  const { word, position, segment } = roles;
  const dims = sizes.dims(sum);
  const width = dims?.[2];
  const ids = sizes.dims(word.ids);
  if (dims?.length !== 3 || typeof width !== 'number') return 'the shape of its embeddings is not certain';
  if (ids?.length !== 2 || !sameSize(ids[0], dims[0]) || !sameSize(ids[1], dims[1]))
    return 'its ids are not certain to be [batch, positions]';
  const axis = intOf(node, 'axis', -1);
  if (axis !== -1 && axis !== 2) return `it normalizes from axis ${axis} on, not along the last one`;
  for (const name of [sum, ...leaves.map(({ table }) => table), node.inputs[1] ?? ''])
    if (sizes.dtype(name) !== 'float32') return `${name} is ${sizes.dtype(name) ?? 'of unknown type'}, not float32`;
  for (const name of node.inputs.slice(1).filter((one) => one !== '')) {
    const size = sizes.dims(name);
    if (size?.length !== 1 || size[0] !== width) return `${name} is not certain to be [${width}]`;
  }
  for (const { table } of leaves) if (sizes.dims(table)?.at(-1) !== width) return `${table} is not ${width} wide`;
  const whole = (name: string): boolean => {
    const size = sizes.dims(name);
    return size?.length === 2 && sameSize(size[0], ids[0]) && sameSize(size[1], ids[1]);
  };
  const positions = position.ids === null ? null : sizes.dims(position.ids);
  if (position.ids === null && position.rows !== dims[1]) return 'its positions are not certain to fit the input';
  const last = positions ? sizes.uncut(positions.at(-1) ?? null) : null;
  if (positions && (!sameSize(last, ids[1]) || positions.length > 2))
    return 'its positions are not certain to be one a column';
  if (positions?.length === 2 && positions[0] !== 1 && !sameSize(positions[0], ids[0]))
    return 'its positions are not certain to be one line, or one a sequence';

  const narrow = (name: string): string => {
    if (sizes.dtype(name) === 'int32') return name;
    const known = casts.get(name);
    if (known !== undefined) return known;
    const made = draft.fresh(`${name}_int32`);
    draft.insert([{ op: 'Cast', inputs: [name], outputs: [made], attributes: { to: int(6) } }]);
    casts.set(name, made);
    return made;
  };
  const widened = (name: string, shape: () => string): string => {
    const made = draft.fresh(`${name}_wide`);
    draft.insert([{ op: 'Expand', inputs: [narrow(name), shape()], outputs: [made] }]);
    return made;
  };
  const of = (axisOf: number) => ({ of: word.ids, axis: axisOf });
  const segmentIds = (): string =>
    segment === null
      ? ''
      : whole(segment.ids)
        ? narrow(segment.ids)
        : widened(segment.ids, () => shapeValue(draft, [of(0), of(1)], 'ids_shape'));
  const positionIds = (): string =>
    position.ids === null
      ? ''
      : positions?.length === 2
        ? narrow(position.ids)
        : widened(position.ids, () => shapeValue(draft, [1, 1], 'row_shape'));
  const positionTable = (): string => {
    const stored = draft.constant(position.table);
    if (position.ids !== null || !stored || stored.dims.length === 2) return position.table;
    return draft.addInitializer(position.table, { ...stored, dims: stored.dims.slice(-2) });
  };
  const zeros = (): string => draft.addInitializer('beta', tensor('float32', [width], new Float32Array(width)));
  const output = node.outputs[0] ?? '';
  const inputs = [
    narrow(word.ids),
    segmentIds(),
    word.table,
    positionTable(),
    segment?.table ?? '',
    node.inputs[1] ?? '',
    (node.inputs[2] ?? '') === '' ? zeros() : (node.inputs[2] ?? ''),
    '',
    positionIds(),
  ];
  draft.requireOpset('com.microsoft', 1);
  // Residual connections may start at the sum: the operator answers it, too.
  const alone = draft.consumers(sum).length === 1 && !draft.capturedBySubgraph(sum);
  const total = !alone ? draft.fresh(`${sum}_embedded`) : '';
  if (total !== '') draft.rename(sum, total);
  return [
    {
      op: 'EmbedLayerNormalization',
      domain: 'com.microsoft',
      name: `${labelOf(node)}_embed`,
      inputs: inputs.slice(0, inputs.findLastIndex((name) => name !== '') + 1),
      outputs: [output, draft.fresh(`${output}_mask_index`), ...(total === '' ? [] : [total])],
      attributes: { epsilon: float(floatOf(node, 'epsilon', 1e-5)) },
    },
  ];
};

/** LayerNormalization of a sum of embeddings → EmbedLayerNormalization.
 *  Shapes: unchanged. Ids become int32. Errors: none.
 *  Source: ONNX Runtime contrib operator EmbedLayerNormalization. */
export const embedLayerNormalization = defineTechnique({
  id: 'fuse/embed-layer-normalization',
  version: 1,
  title: 'Embeddings and their normalization in one operator',
  source: 'ONNX Runtime contrib operator com.microsoft.EmbedLayerNormalization; Devlin et al. 2018, BERT',
  summary:
    'Puts one operator of ONNX Runtime in place of the sum of word, position and segment embeddings and the LayerNormalization of it. ' +
    'Ids below zero, which count from the end of a table before, are refused at run time afterwards. ' +
    'Embeddings take a small part of the time on a CPU, so what it saves is often nothing: measure it before you keep it.',
  fileSuffix: null,
  needs: { calibration: 'none', training: false },
  options: {},
  // The time it takes is not worth saving, and it hides the tables from techniques that store them in fewer bits.
  place: { stage: 'attention', saves: [], quick: true },
  tolerance: () => 1e-4,
  check: (model) => {
    const nodes = graphsOf(model).flatMap((graph) => graph.nodes);
    const plain = (name: string): boolean => nodes.some(({ op, domain }) => op === name && domain === '');
    if (!plain('Gather')) return { reason: 'the graph has no Gather, so no embeddings', nodes: [] };
    if (plain('LayerNormalization')) return null;
    return {
      reason: nodes.some(({ op }) => op === 'EmbedLayerNormalization')
        ? 'its embeddings are in a fused operator already'
        : 'the graph has no LayerNormalization: where it is spelled out, fuse/layer-normalization comes first',
      nodes: [],
    };
  },
  async apply(model, _options, context) {
    const result = await editEach(model, (draft) => {
      const view: View = { draft, sizes: sizesOf(draft) };
      const casts = new Map<string, string>();
      for (const original of draft.model.graph.nodes) {
        context.signal.throwIfAborted();
        const node = draft.current(original);
        if (node?.op !== 'LayerNormalization' || node.domain !== '') continue;
        const made = fuse(view, node, casts);
        if (typeof made === 'string') draft.skip(node, made);
        else if (made !== null)
          draft.replace(node, made, 'embeddings and LayerNormalization → EmbedLayerNormalization');
      }
    });
    return result.changes.length + result.skipped.length > 0
      ? result
      : { ...result, skipped: [{ reason: 'no LayerNormalization stands behind a sum of embeddings', nodes: [] }] };
  },
});
