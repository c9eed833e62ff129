import type { Node } from '../../../contracts/index.ts';
import { int, intOf } from '../../../model/graph/index.ts';
import { projection } from './linear.ts';
import type { At, Kept, Rule, Spread, Units } from './types.ts';

/** Units of whole heads, one entry a head; a reason where a unit is part of a head. */
const headsOf = (units: Units, heads: number): Int32Array | string => {
  const width = units.length / heads;
  if (!Number.isInteger(width)) return 'its heads do not divide the axis';
  const found = Int32Array.from({ length: heads }, (_, i) => units[i * width]!);
  return units.every((unit, i) => unit === found[Math.floor(i / width)]) ? found : 'it would cut through heads';
};

const repeated = (units: Units, times: number): Units =>
  Int32Array.from({ length: units.length * times }, (_, i) => units[i % units.length]!);

const stretched = (heads: Int32Array, width: number): Units =>
  Int32Array.from({ length: heads.length * width }, (_, i) => heads[Math.floor(i / width)]!);

const used = (node: Node, index: number): boolean => (node.inputs[index] ?? '') !== '';

/** The last axis, whichever value it was met at. */
const isLast = (node: Node, to: Spread, { side, index, axis }: At): boolean => {
  const name = (side === 'input' ? node.inputs[index] : node.outputs[index]) ?? '';
  return to.dims(name)?.length === axis + 1;
};

/** A term of the scores [batch, heads, rows, columns] is the same for all heads, or loses those that go. */
const scoreTerm = (node: Node, to: Spread, index: number, heads: Int32Array): string | undefined => {
  if (!used(node, index)) return undefined;
  const dims = to.dims(node.inputs[index] ?? '');
  if (dims?.length !== 4 || (dims[1] !== 1 && dims[1] !== heads.length))
    return 'whether a term of the scores is one for each head is not known';
  if (dims[1] !== 1) to.input(node, index, 1, heads);
  return undefined;
};

/** com.microsoft.Attention: [input, weight of q, k, v side by side, bias, mask, past, term of the scores]. */
const attention: Rule = (node, to, at) => {
  const weight = to.view.draft.constant(node.inputs[1] ?? '');
  const heads = intOf(node, 'num_heads', 0);
  if (weight?.dims.length !== 2 || heads < 1) return 'its weight or its number of heads is not known';
  if (!isLast(node, to, at)) return 'it is no axis of channels of an attention';
  if (at.side === 'input') {
    if (at.index !== 0) return 'it is no axis of channels of an attention';
    projection(node, to, 1, 0, at.units, 'consumer');
    return undefined;
  }
  if (used(node, 4) || node.outputs.length > 1) return 'an attention that remembers keys keeps its heads';
  if ('qkv_hidden_sizes' in node.attributes) return 'the projections of an attention differ in size';
  const found = headsOf(at.units, heads);
  if (typeof found === 'string') return found;
  const term = scoreTerm(node, to, 5, found);
  if (term !== undefined) return term;
  const packed = repeated(at.units, 3);
  to.output(node, 0, at.axis, at.units);
  projection(node, to, 1, 1, packed, 'producer');
  if (used(node, 2)) to.input(node, 2, 0, packed);
  to.edit(node, 'heads', (draft, kept: Kept) => {
    draft.attributes['num_heads'] = int(kept.places(found).length);
  });
  return undefined;
};

/** MultiHeadAttention: [query, key, value, packed bias, …], all [batch, rows, heads · width]. */
const multiHead: Rule = (node, to, at) => {
  const heads = intOf(node, 'num_heads', 0);
  if (!isLast(node, to, at) || to.dims(node.outputs[0] ?? '')?.length !== 3 || heads < 1)
    return 'it is no axis of channels of an attention';
  if (used(node, 6) || used(node, 7) || node.outputs.length > 1 || !used(node, 1) || !used(node, 2))
    return 'an attention that remembers keys, or whose operands are packed, keeps its heads';
  const found = headsOf(at.units, heads);
  if (typeof found === 'string') return found;
  const term = scoreTerm(node, to, 5, found);
  if (term !== undefined) return term;
  for (const index of [0, 1, 2]) {
    const dims = to.dims(node.inputs[index] ?? '');
    if (dims?.length !== 3 || dims[2] !== at.units.length) return 'queries, keys and values differ in size';
    to.input(node, index, 2, at.units);
  }
  to.output(node, 0, 2, at.units);
  if (used(node, 3)) to.input(node, 3, 0, repeated(at.units, 3));
  to.edit(node, 'heads', (draft, kept: Kept) => {
    draft.attributes['num_heads'] = int(kept.places(found).length);
  });
  return undefined;
};

const rotary: Rule = (node, to, at) => {
  const rank = to.dims(node.inputs[0] ?? '')?.length;
  if (at.side === 'input' && at.index !== 0) return 'it makes the angles of a rotation';
  if (rank === 4 && at.axis === 1) {
    to.input(node, 0, 1, at.units);
    to.output(node, 0, 1, at.units);
    return undefined;
  }
  const width = to.dims(node.inputs[2] ?? '')?.at(-1);
  const stated = intOf(node, 'num_heads', 0);
  const heads = stated > 0 ? stated : typeof width === 'number' ? at.units.length / (2 * width) : 0;
  const found = heads >= 1 && rank === 3 ? headsOf(at.units, heads) : 'it would cut through what is rotated';
  if (typeof found === 'string') return found;
  to.input(node, 0, at.axis, at.units);
  to.output(node, 0, at.axis, at.units);
  if (stated > 0)
    to.edit(node, 'heads', (draft, kept: Kept) => {
      draft.attributes['num_heads'] = int(kept.places(found).length);
    });
  return undefined;
};

/** GroupQueryAttention: a unit is a head of keys with all heads of queries that read it. */
const grouped: Rule = (node, to, at) => {
  const [heads, keyHeads] = [intOf(node, 'num_heads', 0), intOf(node, 'kv_num_heads', 0)];
  if (!used(node, 1) || !used(node, 2)) return 'its queries, keys and values are packed into one';
  if (used(node, 3) || used(node, 4) || node.outputs.slice(1).some((name) => name !== '' && to.view.draft.isUsed(name)))
    return 'an attention that remembers keys keeps its heads';
  if (!isLast(node, to, at)) return 'it is no axis of channels of an attention';
  const ofKeys = at.side === 'input' && (at.index === 1 || at.index === 2);
  const found = headsOf(at.units, ofKeys ? keyHeads : heads);
  if (typeof found === 'string') return found;
  const width = at.units.length / found.length;
  const share = heads / keyHeads;
  const keys = ofKeys ? found : Int32Array.from({ length: keyHeads }, (_, i) => found[i * share]!);
  const queries = stretched(keys, share);
  if (!ofKeys && !found.every((unit, i) => unit === queries[i])) return 'it would part heads that share their keys';
  to.input(node, 0, 2, stretched(queries, width));
  to.input(node, 1, 2, stretched(keys, width));
  to.input(node, 2, 2, stretched(keys, width));
  to.output(node, 0, 2, stretched(queries, width));
  to.edit(node, 'heads', (draft, kept: Kept) => {
    draft.attributes['num_heads'] = int(kept.places(queries).length);
    draft.attributes['kv_num_heads'] = int(kept.places(keys).length);
  });
  return undefined;
};

/** [input, skip, scale, shift, bias] or, without a mean, [input, skip, scale, bias]; the sum comes out fourth. */
const skipNormalization: Rule = (node, to, at) => {
  const rank = to.dims(node.inputs[0] ?? '')?.length;
  if (rank === undefined) return 'the rank of what is normalized is not known';
  for (const index of [0, 1]) {
    const place = at.axis - rank + (to.dims(node.inputs[index] ?? '')?.length ?? rank);
    if (place >= 0) to.input(node, index, place, at.units);
  }
  for (const index of [0, 3]) if ((node.outputs[index] ?? '') !== '') to.output(node, index, at.axis, at.units);
  if (at.axis !== rank - 1) return undefined;
  to.restate();
  for (const index of [2, 3, 4]) if (used(node, index)) to.input(node, index, 0, at.units);
  return undefined;
};

/** [ids, kinds, words, positions, kinds' table, scale, shift, …]. */
const embedNormalization: Rule = (node, to, at) => {
  if (at.side !== 'output' || !isLast(node, to, at)) return 'it makes the ids of an embedding';
  for (const index of [2, 3, 4]) if (used(node, index)) to.input(node, index, 1, at.units);
  for (const index of [5, 6]) to.input(node, index, 0, at.units);
  for (const index of [0, 2]) if ((node.outputs[index] ?? '') !== '') to.output(node, index, at.axis, at.units);
  to.restate();
  return undefined;
};

export const fusedRules: Readonly<Record<string, Rule>> = {
  'com.microsoft.Attention': attention,
  'com.microsoft.MultiHeadAttention': multiHead,
  'com.microsoft.GroupQueryAttention': grouped,
  'com.microsoft.RotaryEmbedding': rotary,
  'com.microsoft.SkipLayerNormalization': skipNormalization,
  'com.microsoft.SkipSimplifiedLayerNormalization': skipNormalization,
  'com.microsoft.EmbedLayerNormalization': embedNormalization,
};
