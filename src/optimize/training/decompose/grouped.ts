import { floatOf, intOf } from '../../../model/graph/index.ts';
import { int } from '../../writing/emit.ts';
import { attend, causal, fromHeads, repeated, rowsOf, toHeads, usualScale } from './attend.ts';
import type { Decomposition, Place } from './types.ts';

/** com.microsoft RotaryEmbedding from position 0. Shapes: x [batch, heads, rows, width]. */
const rotated = (at: Place, x: string): string => {
  const { to, node } = at;
  const output = to.fresh('training/RotaryEmbedding');
  to.write({
    name: '',
    op: 'RotaryEmbedding',
    domain: 'com.microsoft',
    inputs: [x, to.integers([0]), at.input(7), at.input(8)],
    outputs: [output],
    attributes: { interleaved: int(intOf(node, 'rotary_interleaved', 0)) },
  });
  return output;
};

/** com.microsoft GroupQueryAttention over whole texts, as training sees them: causal, several queries for a key, without a past.
 *  Shapes: query [batch, rows, heads·width] with key and value [batch, rows, shared·width], or all three side by side in the query;
 *  lengths less one [batch]. Source: ONNX Runtime, GroupQueryAttention. */
export const groupQueryAttention: Decomposition = (at) => {
  const { to, node } = at;
  const [heads, shared] = [intOf(node, 'num_heads', 0), intOf(node, 'kv_num_heads', 0)];
  const past = at.input(3);
  if (past !== '' && at.dims(past)?.[2] !== 0) return at.refuse('goes on behind a past');
  if (at.input(9) !== '' || at.input(11) !== '') return at.refuse('has positions or sinks of its own');
  if (intOf(node, 'local_window_size', -1) > 0) return at.refuse('looks through a window');
  if (intOf(node, 'smooth_softmax', 0) === 1) return at.refuse('smooths its softmax');
  const parts = (): string[] => {
    const whole = at.dims(at.input(0))?.[2];
    if (typeof whole !== 'number') return at.refuse('is packed, with a width that is known only at run time');
    const width = whole / (heads + 2 * shared);
    const sizes = to.integers([heads * width, shared * width, shared * width]);
    return to.emitAll('Split', [at.input(0), sizes], 3, { axis: int(2) });
  };
  const [query, key, value] = at.input(1) === '' ? parts() : [at.input(0), at.input(1), at.input(2)];
  const turn = (x: string): string => (intOf(node, 'do_rotary', 0) === 0 ? x : rotated(at, x));
  const q = turn(toHeads(at, query!, heads));
  const k = turn(toHeads(at, key!, shared));
  const v = toHeads(at, value!, shared);
  const scale = floatOf(node, 'scale', 0);
  const column = to.emit('Range', [to.scalar('int64', 0), rowsOf(at, k), to.scalar('int64', 1)]);
  const last = to.emit('Reshape', [to.emit('Cast', [at.input(5)], { to: int(7) }), to.integers([-1, 1, 1, 1])]);
  const result = attend(at, {
    query: q,
    key: repeated(at, k, heads, heads / shared),
    value: repeated(at, v, heads, heads / shared),
    scale: scale === 0 ? usualScale(at, q) : at.scalar(scale),
    added: at.input(10) === '' ? [] : [at.input(10)],
    allowed: [causal(at, q, k, to.scalar('int64', 0)), to.emit('LessOrEqual', [column, last])],
    softcap: floatOf(node, 'softcap', 0),
  });
  return [fromHeads(at, result), k, v];
};
