import type { Dim } from '../../../contracts/index.ts';
import { broadcast, type Draft } from '../../../model/graph/index.ts';
import { tensor } from '../../../model/tensor/index.ts';
import { sameSize, type View } from './heads.ts';
import type { Attention, Term } from './scores.ts';
import { partOf, shapeValue, type Part } from './shape-parts.ts';

/** Biases that are made already, by what they are made of: layers share them. */
export type Biases = Map<string, string>;

/** Sizes of the scores at run time: [batch, heads, rows, columns]. `columns` where the keys themselves disappear. */
export const scoreParts = (
  { query, key, keyTurned }: Attention,
  columns: Part | null = null,
): readonly [Part, Part, Part, Part] => [
  query.flat === null ? partOf(query.batch, query.name, 0) : partOf(query.batch, query.flat, 0),
  query.heads,
  query.flat === null ? partOf(query.rows, query.name, 2) : partOf(query.rows, query.flat, 1),
  columns ??
    (key.flat === null ? partOf(key.rows, key.name, keyTurned === null ? 2 : 1) : partOf(key.rows, key.flat, 1)),
];

const termName = (draft: Draft, term: Term): string => {
  if (term.kind === 'value') {
    if (!term.negated) return term.name;
    const name = draft.fresh(`${term.name}_negated`);
    draft.insert([{ op: 'Neg', inputs: [term.name], outputs: [name] }]);
    return name;
  }
  const zero = draft.addInitializer('zero', tensor('float32', [], Float32Array.of(0)));
  const name = draft.fresh(`${term.condition}_bias`);
  const choices = term.when ? [term.blocked, zero] : [zero, term.blocked];
  draft.insert([{ op: 'Where', inputs: [term.condition, ...choices], outputs: [name] }]);
  return name;
};

/** What is added to the scores, as one value [batch or 1, heads or 1, rows, columns] that the fused operators take; '' where
 *  nothing is added. It is widened where it is smaller, or where its size is not certain. A reason where its first two sizes
 *  are not certain: the operators would refuse it at run time. Changes the draft only when it answers a name. */
export const biasOf = (
  view: View,
  attention: Attention,
  made: Biases,
  columns: Part | null = null,
): { name: string } | { reason: string } => {
  const { draft, sizes } = view;
  const { query, key, terms } = attention;
  if (terms.length === 0) return { name: '' };
  const shapes: (readonly Dim[])[] = [];
  for (const term of terms) {
    const of = term.kind === 'value' ? term.name : term.condition;
    const dims = sizes.dims(of);
    if (dims === null || dims.length > 4) return { reason: `the shape of its mask ${of} is not known` };
    if (term.kind === 'value' && sizes.dtype(of) !== 'float32')
      return { reason: `its mask ${of} is ${sizes.dtype(of) ?? 'of unknown type'}, not float32` };
    const [batch, heads] = [...Array.from({ length: 4 - dims.length }, () => 1), ...dims];
    if (batch !== 1 && !sameSize(batch, query.batch))
      return { reason: `its mask ${of} is not certain to have one entry, or one a batch` };
    if (heads !== 1 && heads !== query.heads)
      return { reason: `its mask ${of} is not certain to have one entry, or one a head` };
    shapes.push(dims);
  }
  const [last = null, previous = null] = (broadcast(...shapes) ?? []).toReversed();
  const full = broadcast(...shapes)?.length === 4 && sameSize(previous, query.rows) && sameSize(last, key.rows);
  const names = terms.map((term) =>
    term.kind === 'value' ? `${term.negated ? '-' : ''}${term.name}` : `${term.condition}?${term.when}:${term.blocked}`,
  );
  const id = JSON.stringify([names, full ? null : [query.rows, key.rows]]);
  const known = made.get(id);
  if (known !== undefined) return { name: known };
  let name = '';
  for (const term of terms) {
    const next = termName(draft, term);
    if (name === '') name = next;
    else {
      const sum = draft.fresh('attention_bias');
      draft.insert([{ op: 'Add', inputs: [next, name], outputs: [sum] }]);
      name = sum;
    }
  }
  if (!full) {
    const [, , rows, across] = scoreParts(attention, columns);
    const wide = draft.fresh('attention_bias');
    const shape = shapeValue(draft, [1, 1, rows, across], 'attention_bias_shape');
    draft.insert([{ op: 'Expand', inputs: [name, shape], outputs: [wide] }]);
    name = wide;
  }
  made.set(id, name);
  return { name };
};
