import type { Attribute } from '../../../contracts/index.ts';
import { floatOf, intOf, intsOf } from '../../../model/graph/index.ts';
import { int } from '../../writing/emit.ts';
import { attend, causal, fromHeads, repeated, rowsOf, toHeads, usualScale } from './attend.ts';
import type { Decomposition, Place } from './types.ts';

const present = (at: Place, past: string, now: string): string =>
  past === '' ? now : at.to.emit('Concat', [past, now], { axis: int(2) });

const scaleOf = (at: Place, query: string): string => {
  const stated = floatOf(at.node, 'scale', 0);
  return stated === 0 ? usualScale(at, query) : at.scalar(stated);
};

/** What a mask of whole numbers adds to the scores: 0 where it is positive (or before the length that it states), else a large negative
 *  number. Shapes: [batch, columns], [batch, rows, columns] or lengths [batch] → broadcast to [batch, heads, rows, columns].
 *  Source: ONNX Runtime, attention_helper.h. */
const maskOf = (at: Place, mask: string, key: string): string => {
  const { to } = at;
  const rank = at.rank(mask);
  const filler = at.scalar(floatOf(at.node, 'mask_filter_value', -10000));
  const zero = at.scalar(0);
  if (rank === 1) {
    const [count] = at.dims(mask)!;
    if (count === null || count !== at.dims(at.input(0))?.[0]) at.refuse('has a mask of begins and ends');
    const place = to.emit('Range', [to.scalar('int64', 0), rowsOf(at, key), to.scalar('int64', 1)]);
    const length = to.emit('Reshape', [to.emit('Cast', [mask], { to: int(7) }), to.integers([-1, 1, 1, 1])]);
    return to.emit('Where', [to.emit('Less', [place, length]), zero, filler]);
  }
  if (rank > 3) at.refuse('has a mask of four dimensions');
  const wide = to.emit('Unsqueeze', [to.emit('Cast', [mask], { to: int(7) }), to.integers(rank === 2 ? [1, 2] : [1])]);
  return to.emit('Where', [to.emit('Greater', [wide, to.scalar('int64', 0)]), zero, filler]);
};

/** Causal, with the last row at the last column. */
const behind = (at: Place, query: string, key: string): string =>
  causal(at, query, key, at.to.emit('Sub', [rowsOf(at, key), rowsOf(at, query)]));

/** Masks and biases of both operators of ONNX Runtime. */
const attended = (at: Place, query: string, key: string, value: string, mask: string, bias: string): string =>
  fromHeads(
    at,
    attend(at, {
      query,
      key,
      value,
      scale: scaleOf(at, query),
      added: [...(bias === '' ? [] : [bias]), ...(mask === '' ? [] : [maskOf(at, mask, key)])],
      allowed: intOf(at.node, 'unidirectional', 0) === 0 ? [] : [behind(at, query, key)],
      softcap: 0,
    }),
  );

/** com.microsoft MultiHeadAttention. Shapes: query, key, value [batch, rows, heads·width], or key and value
 *  [batch, heads, columns, width]; bias [all widths]. */
export const multiHeadAttention: Decomposition = (at) => {
  const { to, node } = at;
  const heads = intOf(node, 'num_heads', 0);
  const [query, key, value] = [at.input(0), at.input(1), at.input(2)];
  if (key === '' || value === '' || at.rank(query) !== 3) return at.refuse('has its query, key and value packed');
  if (at.input(8) !== '' || at.input(9) !== '') return at.refuse('keeps its past in a buffer');
  const inRows = at.rank(key) === 3;
  const width = (x: string): string =>
    to.emit('Slice', [to.emit('Shape', [x]), to.integers([-1]), to.integers([Number.MAX_SAFE_INTEGER])]);
  let [q, k, v] = [query, key, value];
  const bias = at.input(3);
  if (bias !== '') {
    const own = width(query);
    const rest = to.emit('Sub', [to.emit('Sub', [to.emit('Shape', [bias]), own]), own]);
    const sizes = to.emit('Concat', [own, own, rest], { axis: int(0) });
    const parts = to.emitAll('Split', [bias, sizes], 3, { axis: int(0) });
    q = to.emit('Add', [q, parts[0]!]);
    if (inRows) [k, v] = [to.emit('Add', [k, parts[1]!]), to.emit('Add', [v, parts[2]!])];
  }
  const lined = (x: string): string => (inRows ? toHeads(at, x, heads) : x);
  const allKeys = present(at, at.input(6), lined(k));
  const allValues = present(at, at.input(7), lined(v));
  const result = attended(at, toHeads(at, q, heads), allKeys, allValues, at.input(4), at.input(5));
  return [result, allKeys, allValues];
};

/** com.microsoft Attention: one product makes queries, keys and values. Shapes: input [batch, rows, in], weights [in, all widths],
 *  past [2, batch, heads, columns, width]. */
export const attention: Decomposition = (at) => {
  const { to, node } = at;
  if (intOf(node, 'do_rotary', 0) !== 0) return at.refuse('rotates inside');
  if (at.input(6) !== '') return at.refuse('keeps its past in a buffer');
  const heads = intOf(node, 'num_heads', 0);
  const product = to.emit('MatMul', [at.input(0), at.input(1)]);
  const whole = at.input(2) === '' ? product : to.emit('Add', [product, at.input(2)]);
  const sizes = intsOf(node, 'qkv_hidden_sizes', null);
  const three: Record<string, Attribute> = to.opset >= 18 && sizes === null ? { num_outputs: int(3) } : {};
  const inputs = sizes === null ? [whole] : [whole, to.integers(sizes)];
  const [q, k, v] = to.emitAll('Split', inputs, 3, { axis: int(2), ...three }).map((one) => toHeads(at, one, heads));
  const past = (place: number): string =>
    at.input(4) === '' ? '' : to.emit('Gather', [at.input(4), to.scalar('int64', place)], { axis: int(0) });
  const allKeys = present(at, past(0), k!);
  const allValues = present(at, past(1), v!);
  const result = attended(at, q!, allKeys, allValues, at.input(3), at.input(5));
  if ((node.outputs[1] ?? '') === '') return [result];
  const both = [allKeys, allValues].map((one) => to.emit('Unsqueeze', [one, to.integers([0])]));
  return [result, to.emit('Concat', both, { axis: int(0) })];
};

/** ai.onnx Attention: with several queries for one key, keys and values are repeated. Shapes: [batch, heads, rows, width], or
 *  [batch, rows, heads·width] with head counts as attributes. Source: ONNX Attention-24. */
export const standardAttention: Decomposition = (at) => {
  const { to, node } = at;
  const packed = at.rank(at.input(0)) === 3;
  if (at.input(6) !== '') return at.refuse('has lengths of its own for keys');
  const dims = (position: number): number | null => {
    const size = at.dims(at.input(position))?.[1];
    return typeof size === 'number' ? size : null;
  };
  const heads = packed ? intOf(node, 'q_num_heads', null) : dims(0);
  const shared = packed ? intOf(node, 'kv_num_heads', null) : dims(1);
  if (packed && (heads === null || shared === null)) return at.refuse('does not say how many heads it has');
  const lined = (x: string, count: number | null): string => (packed ? toHeads(at, x, count!) : x);
  const query = lined(at.input(0), heads);
  const keys = present(at, at.input(4), lined(at.input(1), shared));
  const values = present(at, at.input(5), lined(at.input(2), shared));
  // The first row stands behind the whole past.
  const before = (): string => (at.input(4) === '' ? to.scalar('int64', 0) : rowsOf(at, at.input(4)));
  const triangle = intOf(node, 'is_causal', 0) === 0 ? [] : [causal(at, query, keys, before())];
  const times = heads === null || shared === null ? null : heads / shared;
  if (times === null) return at.refuse('has a number of heads that is known only at run time');
  const mask = at.input(3);
  const yes = mask !== '' && at.dtype(mask) === 'bool';
  const result = attend(at, {
    query,
    key: repeated(at, keys, heads!, times),
    value: repeated(at, values, heads!, times),
    scale: scaleOf(at, query),
    added: mask === '' || yes ? [] : [mask],
    allowed: [...(yes ? [mask] : []), ...triangle],
    softcap: floatOf(node, 'softcap', 0),
  });
  return [packed ? fromHeads(at, result) : result, keys, values];
};
