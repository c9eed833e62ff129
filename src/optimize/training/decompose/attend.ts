import { castTo, int, ints } from '../../writing/emit.ts';
import type { Place } from './types.ts';

/** Scaled dot-product attention to write. */
export interface Attend {
  /** Shapes: [batch, heads, rows, width of a head]; keys and values [batch, heads, columns, …]. */
  readonly query: string;
  readonly key: string;
  readonly value: string;
  /** A scalar value. */
  readonly scale: string;
  /** Added to the scores, each broadcast to [batch, heads, rows, columns]. */
  readonly added: readonly string[];
  /** bool, broadcast likewise: false takes no part. */
  readonly allowed: readonly string[];
  /** Scores are bent to s·tanh(x/s); 0: not. */
  readonly softcap: number;
}

const lowest = -3.4028234663852886e38;

/** softmax(q·kᵀ·scale + …)·v. Shapes: → [batch, heads, rows, width of a value]. Source: Vaswani et al. 2017, §3.2.1. */
export const attend = (at: Place, { query, key, value, scale, added, allowed, softcap }: Attend): string => {
  const { to } = at;
  const turned = to.emit('Transpose', [key], { perm: ints([0, 1, 3, 2]) });
  let scores = to.emit('Mul', [to.emit('MatMul', [query, turned]), scale]);
  for (const one of added) scores = to.emit('Add', [scores, one]);
  if (softcap !== 0) {
    const cap = at.scalar(softcap);
    scores = to.emit('Mul', [to.emit('Tanh', [to.emit('Div', [scores, cap])]), cap]);
  }
  for (const one of allowed) scores = to.emit('Where', [one, scores, at.scalar(lowest)]);
  return to.emit('MatMul', [to.emit('Softmax', [scores], { axis: int(-1) }), value]);
};

/** [batch, rows, heads·width] → [batch, heads, rows, width]. */
export const toHeads = ({ to }: Place, x: string, heads: number): string =>
  to.emit('Transpose', [to.emit('Reshape', [x, to.integers([0, 0, heads, -1])])], { perm: ints([0, 2, 1, 3]) });

/** [batch, heads, rows, width] → [batch, rows, heads·width]. */
export const fromHeads = ({ to }: Place, x: string): string =>
  to.emit('Reshape', [to.emit('Transpose', [x], { perm: ints([0, 2, 1, 3]) }), to.integers([0, 0, -1])]);

/** 1/√width, from the last size of [batch, heads, rows, width]. */
export const usualScale = (at: Place, query: string): string => {
  const { to } = at;
  const width = to.emit('Gather', [to.emit('Shape', [query]), to.scalar('int64', 3)], { axis: int(0) });
  return to.emit('Reciprocal', [to.emit('Sqrt', [castTo(to, width, at.dtype(at.input(0)))])]);
};

/** Size along the axis of rows of [batch, heads, rows, width]. Shapes: → int64 scalar. */
export const rowsOf = ({ to }: Place, x: string): string =>
  to.emit('Gather', [to.emit('Shape', [x]), to.scalar('int64', 2)], { axis: int(0) });

/** Whether a row may look at a column: at all that are at most `before` to the right of its own number.
 *  Shapes: before int64 scalar → bool [rows, columns]. */
export const causal = (at: Place, query: string, key: string, before: string): string => {
  const { to } = at;
  const [zero, one] = [to.scalar('int64', 0), to.scalar('int64', 1)];
  const row = to.emit('Unsqueeze', [to.emit('Range', [zero, rowsOf(at, query), one]), to.integers([1])]);
  const column = to.emit('Unsqueeze', [to.emit('Range', [zero, rowsOf(at, key), one]), to.integers([0])]);
  return to.emit('LessOrEqual', [column, to.emit('Add', [row, before])]);
};

/** Each head `times` times, one after another: [batch, heads / times, rows, width] → [batch, heads, rows, width]. */
export const repeated = ({ to }: Place, x: string, heads: number, times: number): string => {
  if (times === 1) return x;
  const shape = to.emit('Shape', [x]);
  const part = (from: number, end: number): string =>
    to.emit('Slice', [shape, to.integers([from]), to.integers([end])]);
  const each = to.emit('Unsqueeze', [x, to.integers([2])]);
  const wide = to.emit('Concat', [part(0, 2), to.integers([times]), part(2, 4)], { axis: int(0) });
  const flat = to.emit('Concat', [part(0, 1), to.integers([heads]), part(2, 4)], { axis: int(0) });
  return to.emit('Reshape', [to.emit('Expand', [each, wide]), flat]);
};
