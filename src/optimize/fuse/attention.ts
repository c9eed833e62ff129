import { SteelyardError, defineTechnique } from '../../contracts/index.ts';
import type { Context, Node } from '../../contracts/index.ts';
import { editEach, float, graphsOf, int, ints, labelOf, type Draft, type NodeInit } from '../../model/graph/index.ts';
import { biasOf, scoreParts, type Biases } from './attention/bias.ts';
import { headsOf, maker, sameSize, type Heads, type View } from './attention/heads.ts';
import { finish, joined, mergeOf } from './attention/merge.ts';
import { packBiases, packColumns, projectionOf, withoutBias } from './attention/projection.ts';
import { attentionAt, type Attention } from './attention/scores.ts';
import { partOf, rewireShapes, type Part } from './attention/shape-parts.ts';
import { sizesOf } from './attention/sizes.ts';

const fusedAttention = new Set([
  'Attention',
  'MultiHeadAttention',
  'QAttention',
  'GroupQueryAttention',
  'DecoderMaskedMultiHeadAttention',
  'PackedAttention',
  'PackedMultiHeadAttention',
]);

/** Nodes that are attention in one operator already. */
export const isFusedAttention = ({ domain, op }: Node): boolean =>
  (domain === 'com.microsoft' || (domain === '' && op === 'Attention')) && fusedAttention.has(op);

/** Why a graph holds no attention that could be fused; null when it may. */
export const refusal = (nodes: readonly Node[]): string | null => {
  if (nodes.some((node) => node.domain === '' && node.op === 'Softmax')) return null;
  return nodes.some(isFusedAttention)
    ? 'its attention is in fused operators already: they are left alone'
    : 'the graph has no Softmax, so no attention that is spelled out';
};

interface Past {
  readonly name: string;
  /** The rows that are new. */
  readonly heads: Heads;
  readonly concat: Node;
}

/** Past rows in front of new ones, where the new ones are at hand as [batch, rows, heads · width]. */
export const pastOf = (view: View, heads: Heads): Past | null => {
  const concat = maker(view, heads.name, 'Concat');
  const axis = concat?.attributes['axis'];
  if (!concat || concat.inputs.length !== 2 || axis?.kind !== 'int' || ![2n, -2n].includes(axis.value)) return null;
  const [name = '', added = ''] = concat.inputs;
  const fresh = headsOf(view, added);
  const dims = view.sizes.dims(name);
  if (!fresh || dims?.length !== 4 || !sameSize(dims[0], fresh.batch)) return null;
  if (dims[1] !== fresh.heads || dims[3] !== fresh.width || fresh.heads !== heads.heads) return null;
  return { name, heads: fresh, concat };
};

/** Number of past and new rows together. */
export const joinedRows = ({ name, heads }: Past): Part => ({
  plus: [
    { of: name, axis: 2 },
    heads.flat === null ? partOf(heads.rows, heads.name, 2) : partOf(heads.rows, heads.flat, 1),
  ],
});

/** Takes over what a Concat of past and new rows made: the name stays. */
export const handOver = (draft: Draft, concat: Node, present: string): void => {
  const output = concat.outputs[0] ?? '';
  const copy = { op: 'Identity', inputs: [present], outputs: [output] };
  draft.replace(concat, [copy], 'the fused operator joins past and new rows');
  const node = draft.producer(output);
  if (node) draft.bypass(node, 'the fused operator makes this value');
};

/** [batch, heads, rows, width] of keys or values. */
const apart = (view: View, heads: Heads, turned: string | null): string => {
  if (turned === null) return heads.name;
  const name = view.draft.fresh(`${turned}_heads`);
  view.draft.insert([{ op: 'Transpose', inputs: [turned], outputs: [name], attributes: { perm: ints([0, 2, 1, 3]) } }]);
  return name;
};

/** Without omitted inputs at the end. */
export const trimmed = (names: readonly string[]): readonly string[] =>
  names.slice(0, names.findLastIndex((name) => name !== '') + 1);

/** Replaces the joined heads by one node; what only led there is dropped at the end. */
export const replaceAttention = (
  view: View,
  attention: Attention,
  nodes: (merge: Exclude<ReturnType<typeof mergeOf>, { reason: string }>) => readonly NodeInit[],
  what: string,
  across: Part | null = null,
): string | null => {
  const merge = mergeOf(view, attention);
  if ('reason' in merge) return merge.reason;
  const [batch, heads, rows, columns] = scoreParts(attention, across);
  const { width } = attention.value;
  for (const name of attention.inner) rewireShapes(view.draft, name, [batch, heads, rows, columns]);
  rewireShapes(view.draft, attention.product.outputs[0] ?? '', [batch, heads, rows, width]);
  if (merge.flat) rewireShapes(view.draft, merge.transpose.outputs[0] ?? '', [batch, rows, heads, width]);
  view.draft.replace(merge.node, nodes(merge), what);
  return null;
};

const multiHead = async (
  view: View,
  attention: Attention,
  biases: Biases,
  context: Context,
): Promise<string | null> => {
  const { draft } = view;
  const { query, key, value, keyTurned, scale, softmax } = attention;
  const merge = mergeOf(view, attention);
  if ('reason' in merge) return merge.reason;
  const pasts = [pastOf(view, key), pastOf(view, value)] as const;
  const withPast =
    keyTurned === null &&
    pasts[0]?.heads.flat !== undefined &&
    pasts[0].heads.flat !== null &&
    pasts[1]?.heads.flat !== undefined &&
    pasts[1].heads.flat !== null &&
    sameSize(pasts[0].heads.rows, pasts[1].heads.rows);
  const [newKey, newValue] = withPast ? [pasts[0]!.heads, pasts[1]!.heads] : [key, value];
  const across = withPast ? joinedRows(pasts[0]!) : null;
  const bias = biasOf(view, attention, biases, across);
  if ('reason' in bias) return bias.reason;
  const flat = newKey.flat !== null && newValue.flat !== null;
  let names = [joined(view, query), newKey.flat ?? '', newValue.flat ?? ''];
  let packed = '';
  if (!flat) names = [names[0] ?? '', apart(view, key, keyTurned), value.name];
  else if (query.flat !== null) {
    const parts = names.map((name, i) => ({
      ...withoutBias(view, name),
      first: 0,
      width: [query, newKey, newValue].map((one) => one.heads * one.width)[i] ?? 0,
    }));
    const together = await packBiases(parts, context);
    if (together) {
      packed = draft.addInitializer(`${labelOf(softmax)}_bias`, await context.keep(together));
      names = parts.map(({ name }) => name);
    }
  }
  const presents = withPast ? [draft.fresh('present_key'), draft.fresh('present_value')] : [];
  const past = withPast ? [pasts[0]?.name ?? '', pasts[1]?.name ?? ''] : [];
  const reason = replaceAttention(
    view,
    attention,
    (where) =>
      finish(view, where, attention, (output) => ({
        op: 'MultiHeadAttention',
        domain: 'com.microsoft',
        name: `${labelOf(softmax)}_attention`,
        inputs: trimmed([...names, packed, '', bias.name, ...past]),
        outputs: [output, ...presents],
        attributes: { num_heads: int(query.heads), scale: float(scale) },
      })),
    `attention with ${query.heads} heads of ${query.width} → MultiHeadAttention`,
    across,
  );
  if (withPast && reason === null) presents.forEach((present, i) => handOver(draft, pasts[i]!.concat, present));
  return reason;
};

const packedAttention = async (
  view: View,
  attention: Attention,
  biases: Biases,
  context: Context,
): Promise<string | null> => {
  const { draft } = view;
  const { query, key, value, scale, softmax } = attention;
  const parts = [query, key, value].map((one) => (one.flat === null ? null : projectionOf(view, one.flat)));
  const [q, k, v] = parts;
  if (!q || !k || !v)
    return 'its queries, keys and values are not all products with constant weights: use multi-head-attention';
  if (q.input !== k.input || q.input !== v.input)
    return 'its queries, keys and values come from different values: use multi-head-attention';
  const inner = q.weight.dims[0] ?? 0;
  const merge = mergeOf(view, attention);
  if ('reason' in merge) return merge.reason;
  const bias = biasOf(view, attention, biases);
  if ('reason' in bias) return bias.reason;
  const all = [q, k, v];
  const label = labelOf(softmax);
  const weight = draft.addInitializer(
    `${label}_qkv_weight`,
    await context.keep(await packColumns(all, inner, context)),
  );
  const together = await packBiases(all, context, true);
  const added = together ? draft.addInitializer(`${label}_qkv_bias`, await context.keep(together)) : '';
  const different = q.width !== v.width;
  return replaceAttention(
    view,
    attention,
    (where) =>
      finish(view, where, attention, (output) => ({
        op: 'Attention',
        domain: 'com.microsoft',
        name: `${label}_attention`,
        inputs: trimmed([q.input, weight, added, '', '', bias.name]),
        outputs: [output],
        attributes: {
          num_heads: int(query.heads),
          scale: float(scale),
          ...(different ? { qkv_hidden_sizes: ints([q.width, k.width, v.width]) } : {}),
        },
      })),
    `attention with ${query.heads} heads of ${query.width} → Attention with packed weights`,
  );
};

/** softmax(Q · Kᵀ · scale + mask) · V spelled out → one fused operator.
 *  Shapes: unchanged. Errors: `engine/cancelled`.
 *  Source: ONNX Runtime contrib operators MultiHeadAttention and Attention; Vaswani et al. 2017, §3.2. */
export const attention = defineTechnique({
  id: 'fuse/attention',
  version: 2,
  title: 'Attention in one operator',
  source:
    'ONNX Runtime contrib operators com.microsoft.MultiHeadAttention and com.microsoft.Attention; Vaswani et al. 2017',
  summary:
    'Recognizes attention that is spelled out in products, scales, masks and Softmax, and puts one operator of ONNX Runtime in its place. ' +
    'The mask is kept as the graph computes it, so padded and fully masked rows stay the same. ' +
    'On CPUs the fused operator is often not faster than what it replaces (0.88 to 1.03 times as fast where it was measured): ' +
    'measure it on your model before you keep it.',
  fileSuffix: null,
  needs: { calibration: 'none', training: false },
  options: {
    operator: {
      kind: 'choice',
      choices: ['multi-head-attention', 'attention'],
      default: 'multi-head-attention',
      description:
        'multi-head-attention keeps the products with the weights apart, so that they can still be quantized one by one; ' +
        'attention packs the three weights into one and takes no past.',
      search: ['multi-head-attention', 'attention'],
    },
  },
  place: { stage: 'attention', saves: ['time'], quick: true },
  tolerance: () => 1e-4,
  check: (model) => {
    const reason = refusal(graphsOf(model).flatMap(({ nodes }) => nodes));
    return reason === null ? null : { reason, nodes: [] };
  },
  async apply(model, options, context) {
    const result = await editEach(model, async (draft) => {
      const view: View = { draft, sizes: sizesOf(draft) };
      const biases: Biases = new Map();
      for (const node of draft.model.graph.nodes) {
        if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while fusing attention');
        if (isFusedAttention(node)) draft.skip(node, `${node.op} is a fused operator already`);
        if (node.op !== 'Softmax' || node.domain !== '' || !draft.current(node)) continue;
        const found = await attentionAt(view, draft.current(node) ?? node, context);
        if (found === null) continue;
        const reason =
          'reason' in found
            ? found.reason
            : (different(found.attention) ??
              (options.operator === 'attention'
                ? await packedAttention(view, found.attention, biases, context)
                : await multiHead(view, found.attention, biases, context)));
        if (reason !== null) draft.skip(node, reason);
        else draft.requireOpset('com.microsoft', 1);
      }
    });
    return result.changes.length + result.skipped.length > 0
      ? result
      : { ...result, skipped: [{ reason: 'no Softmax stands between two products as in attention', nodes: [] }] };
  },
});

/** Heads and batches that do not go together in the fused operators. */
const different = ({ query, key, value }: Attention): string | null => {
  if (query.heads !== key.heads || query.heads !== value.heads)
    return `it has ${query.heads} heads of queries but ${key.heads} of keys and ${value.heads} of values`;
  if (query.width !== key.width) return `its queries are ${query.width} wide but its keys ${key.width}`;
  const batch = sameSize(query.batch, key.batch) && sameSize(query.batch, value.batch);
  return batch ? null : 'its queries, keys and values are not certain to have the same batch size';
};
