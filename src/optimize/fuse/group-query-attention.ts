import { SteelyardError, defineTechnique } from '../../contracts/index.ts';
import type { Context, Dim, Node } from '../../contracts/index.ts';
import { editEach, float, graphsOf, int, labelOf } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { handOver, isFusedAttention, joinedRows, pastOf, refusal, replaceAttention, trimmed } from './attention.ts';
import { biasOf, scoreParts, type Biases } from './attention/bias.ts';
import { causalityOf } from './attention/causal.ts';
import { headsOf, maker, sameSize, type Heads, type View } from './attention/heads.ts';
import { finish, joined, mergeOf } from './attention/merge.ts';
import { attentionAt, type Attention } from './attention/scores.ts';
import { shapeValue, type Part } from './attention/shape-parts.ts';
import { sizesOf } from './attention/sizes.ts';

interface Choices {
  readonly paddedRows: string;
  readonly newTokens: string;
}

/** Lengths that layers share: by what they are made of. */
type Lengths = Map<string, { readonly total: string; readonly last: string }>;

/** The heads before each was repeated for its group of queries: Unsqueeze, Expand, Reshape. The same heads where none were. */
const beforeRepeat = (view: View, heads: Heads): Heads | null => {
  const reshape = maker(view, heads.name, 'Reshape');
  const expand = reshape && maker(view, reshape.inputs[0] ?? '', 'Expand');
  const unsqueeze = expand && maker(view, expand.inputs[0] ?? '', 'Unsqueeze');
  if (!unsqueeze) return heads;
  const before = headsOf(view, unsqueeze.inputs[0] ?? '');
  const [alone, wide] = [view.sizes.dims(unsqueeze.outputs[0] ?? ''), view.sizes.dims(expand.outputs[0] ?? '')];
  if (!before || alone?.length !== 5 || wide?.length !== 5 || alone[2] !== 1) return null;
  const group = wide[2];
  const fits =
    typeof group === 'number' &&
    group * before.heads === heads.heads &&
    wide[1] === before.heads &&
    before.width === heads.width &&
    sameSize(before.rows, heads.rows) &&
    sameSize(before.batch, heads.batch);
  return fits ? before : null;
};

const lengthsOf = (view: View, rows: Part, batch: Part, id: string, made: Lengths) => {
  const known = made.get(id);
  if (known) return known;
  const { draft } = view;
  const one = draft.addInitializer('one', tensor('int32', [1], Int32Array.of(1)));
  const length = shapeValue(draft, [rows], 'total_length');
  const sequences = shapeValue(draft, [batch], 'sequences');
  const [total, before, last] = ['total_length', 'last_position', 'last_positions'].map((hint) =>
    draft.fresh(hint),
  ) as [string, string, string];
  draft.insert([
    { op: 'Cast', inputs: [length], outputs: [total], attributes: { to: int(6) } },
    { op: 'Sub', inputs: [total, one], outputs: [before] },
    { op: 'Expand', inputs: [before, sequences], outputs: [last] },
  ]);
  made.set(id, { total, last });
  return { total, last };
};

const isOne = (dim: Dim): boolean => dim === 1;

const group = async (
  view: View,
  attention: Attention,
  choices: Choices,
  biases: Biases,
  lengths: Lengths,
  context: Context,
): Promise<string | null> => {
  const { draft } = view;
  const { query, keyTurned, softmax, scale, guarded } = attention;
  const key = keyTurned === null ? beforeRepeat(view, attention.key) : attention.key;
  const value = beforeRepeat(view, attention.value);
  if (!key || !value) return 'how its keys and values are repeated for groups of queries is not certain';
  if (key.heads !== value.heads || key.width !== value.width)
    return `its keys have ${key.heads} heads of ${key.width}, its values ${value.heads} of ${value.width}`;
  if (query.heads % key.heads !== 0) return `${query.heads} heads of queries do not go into ${key.heads} groups`;
  if (query.width !== key.width || query.width % 8 !== 0)
    return `the operator takes heads of a multiple of 8, its heads are ${query.width} wide`;
  if (!sameSize(query.batch, key.batch) || !sameSize(query.batch, value.batch))
    return 'its queries, keys and values are not certain to have the same batch size';
  const merge = mergeOf(view, attention);
  if ('reason' in merge) return merge.reason;

  const pasts = keyTurned === null ? ([pastOf(view, key), pastOf(view, value)] as const) : ([null, null] as const);
  const [keyPast, valuePast] = pasts;
  if ((keyPast === null) !== (valuePast === null)) return 'only one of its keys and values has a past';
  const [newKey, newValue] = keyPast && valuePast ? [keyPast.heads, valuePast.heads] : [key, value];
  if (!sameSize(newKey.rows, query.rows) || !sameSize(newValue.rows, query.rows))
    return 'it is not certain that there are as many new keys and values as queries';

  if (keyTurned !== null && key.flat === null) return 'its keys are not certain to be split from the last axis';
  const causal = await causalityOf(view, attention.terms, query.rows, context);
  if (!causal || !sameSize(causal.rows, query.rows))
    return 'it is not certain that its mask hides everything that comes later, as the operator does';
  // Where nothing is left to see, the operator answers 0: so does Softmax of −∞ behind a guard, and nothing else.
  const exact = causal.pure || (guarded && causal.blocked === Number.NEGATIVE_INFINITY && attention.terms.length === 1);
  if (!exact && choices.paddedRows === 'exact')
    return (
      'its mask hides more than what comes later, and rows with nothing left to see (padding on the left) would change: ' +
      'allow it with paddedRows: free'
    );
  if (keyPast && choices.newTokens === 'any' && !isOne(query.batch) && !isOne(query.rows))
    return (
      'it has a past, and the operator takes several new tokens after a past for one sequence only: ' +
      'allow it with newTokens: one'
    );
  const across = keyPast ? joinedRows(keyPast) : null;
  const bias = causal.pure ? { name: '' } : biasOf(view, attention, biases, across);
  if ('reason' in bias) return bias.reason;
  const [batch, , rows] = scoreParts(attention, across);
  const id = JSON.stringify([query.batch, query.rows, keyPast ? view.sizes.dims(keyPast.name)?.[2] : 0]);
  const { total, last } = lengthsOf(view, across ?? rows, batch, id, lengths);
  const label = labelOf(softmax);
  const keys: Heads = keyTurned === null ? newKey : { ...newKey, name: keyTurned };
  const names = [joined(view, query), joined(view, keys), joined(view, newValue)];
  const presents = [draft.fresh('present_key'), draft.fresh('present_value')];
  const reason = replaceAttention(
    view,
    attention,
    (where) =>
      finish(view, where, attention, (output) => ({
        op: 'GroupQueryAttention',
        domain: 'com.microsoft',
        name: `${label}_attention`,
        inputs: trimmed([...names, keyPast?.name ?? '', valuePast?.name ?? '', last, total, '', '', '', bias.name]),
        outputs: [output, ...presents],
        attributes: { num_heads: int(query.heads), kv_num_heads: int(key.heads), scale: float(scale) },
      })),
    `attention with ${query.heads} heads of queries on ${key.heads} of keys → GroupQueryAttention`,
    across,
  );
  if (reason === null && keyPast && valuePast)
    [keyPast, valuePast].forEach(({ concat }, i) => handOver(draft, concat, presents[i] ?? ''));
  return reason;
};

/** Causal attention whose keys and values serve groups of queries → GroupQueryAttention, with past and present where the graph
 *  has them. Shapes: unchanged. Errors: `engine/cancelled`.
 *  Source: ONNX Runtime contrib operator GroupQueryAttention; Ainslie et al. 2023, GQA. */
export const groupQueryAttention = defineTechnique({
  id: 'fuse/group-query-attention',
  version: 1,
  title: 'Grouped attention of decoders in one operator',
  source: 'ONNX Runtime contrib operator com.microsoft.GroupQueryAttention; Ainslie et al. 2023, GQA',
  summary:
    'Recognizes attention of decoders in which groups of queries share keys and values, with a past or without, and puts one operator of ' +
    'ONNX Runtime in its place that does not repeat the keys and values. The mask must provably hide what comes later. ' +
    'It saves memory traffic in long sequences; on CPUs it is often not faster for short ones: measure it before you keep it. ' +
    'Apply fuse/rotary first.',
  fileSuffix: null,
  needs: { calibration: 'none', training: false },
  options: {
    paddedRows: {
      kind: 'choice',
      choices: ['exact', 'free'],
      default: 'exact',
      description:
        'exact refuses where rows of padding (on the left) would change; free lets them: nothing reads them as long as the mask is used.',
    },
    newTokens: {
      kind: 'choice',
      choices: ['any', 'one'],
      default: 'any',
      description:
        'any refuses models with a past that could get several new tokens for several sequences at once, which the operator cannot take; ' +
        'one promises that this does not happen.',
    },
  },
  place: { stage: 'attention', saves: ['time'], quick: true },
  // Rows of padding that are let go may become anything.
  tolerance: ({ paddedRows }) => (paddedRows === 'free' ? 2 : 1e-4),
  check: (model) => {
    const reason = refusal(graphsOf(model).flatMap(({ nodes }) => nodes));
    return reason === null ? null : { reason, nodes: [] };
  },
  async apply(model, options, context) {
    const result = await editEach(model, async (draft) => {
      const view: View = { draft, sizes: sizesOf(draft) };
      const biases: Biases = new Map();
      const lengths: Lengths = new Map();
      for (const original of draft.model.graph.nodes) {
        if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while fusing attention');
        const node: Node | undefined = draft.current(original);
        if (isFusedAttention(original)) draft.skip(original, `${original.op} is a fused operator already`);
        if (node?.op !== 'Softmax' || node.domain !== '') continue;
        const found = await attentionAt(view, node, context);
        if (found === null) continue;
        const reason =
          'reason' in found ? found.reason : await group(view, found.attention, options, biases, lengths, context);
        if (reason !== null) draft.skip(node, reason);
        else draft.requireOpset('com.microsoft', 1);
      }
    });
    return result.changes.length + result.skipped.length > 0
      ? result
      : { ...result, skipped: [{ reason: 'no Softmax stands between two products as in attention', nodes: [] }] };
  },
});
