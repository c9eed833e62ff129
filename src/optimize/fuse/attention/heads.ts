import type { Dim, Node } from '../../../contracts/index.ts';
import { intOf, intsOf, type Draft } from '../../../model/graph/index.ts';
import type { Sizes } from './sizes.ts';

/** A value [batch, heads, rows, width]; `flat` is the same numbers as [batch, rows, heads · width], where the graph has them. */
export interface Heads {
  readonly name: string;
  readonly flat: string | null;
  readonly batch: Dim;
  readonly heads: number;
  readonly rows: Dim;
  readonly width: number;
}

/** What the graph knows, together. */
export interface View {
  readonly draft: Draft;
  readonly sizes: Sizes;
}

/** The node that makes a value, when it is this standard operator. */
export const maker = ({ draft }: View, name: string, op: string): Node | null => {
  const node = draft.producer(name);
  return node && node.domain === '' && node.op === op ? node : null;
};

export const sameSize = (a: Dim | undefined, b: Dim | undefined): boolean =>
  a !== undefined && b !== undefined && a !== null && a === b;

const sameDims = (a: readonly Dim[] | null, b: readonly Dim[] | null): boolean =>
  a !== null && b !== null && a.length === b.length && a.every((dim, i) => sameSize(dim, b[i]));

/** Order of a Transpose, when it is this one. */
export const isOrder = (node: Node, order: readonly number[]): boolean => {
  const perm = intsOf(node, 'perm', null);
  return perm !== null && perm.length === order.length && order.every((axis, i) => axis === perm[i]);
};

/** Through operators that provably copy: Identity, Dropout of inference, Cast to the same type, Reshape to the same shape. */
export const through = (view: View, start: string): string => {
  let name = start;
  for (let steps = 0; steps < 16; steps++) {
    const node = view.draft.producer(name);
    if (!node || node.domain !== '') return name;
    const input = node.inputs[0] ?? '';
    const copies =
      node.op === 'Identity' ||
      (node.op === 'Concat' && node.inputs.length === 1) ||
      (node.op === 'Cast' && view.sizes.dtype(input) !== null && view.sizes.dtype(input) === view.sizes.dtype(name)) ||
      (node.op === 'Dropout' && isInference(view, node) && name === node.outputs[0]) ||
      (node.op === 'Reshape' && sameDims(view.sizes.dims(input), view.sizes.dims(name)));
    if (!copies || input === '') return name;
    name = input;
  }
  return name;
};

const isInference = ({ draft }: View, node: Node): boolean => {
  const opset = draft.model.opsets.get('') ?? 1;
  if (opset < 7) return intOf(node, 'is_test', 0) !== 0;
  const training = node.inputs[2] ?? '';
  if (opset < 12 || training === '') return true;
  const value = draft.constant(training);
  return value?.dtype === 'bool' && value.data.kind === 'inline' && value.data.bytes[0] === 0;
};

/** [batch, rows, heads, width] that a Reshape cut out of [batch, rows, heads · width]: the name of the latter. */
export const splitOf = (view: View, name: string): string | null => {
  const reshape = maker(view, name, 'Reshape');
  if (!reshape) return null;
  const flat = through(view, reshape.inputs[0] ?? '');
  const [to, from] = [view.sizes.dims(name), view.sizes.dims(flat)];
  const [heads, width] = [to?.[2], to?.[3]];
  if (to?.length !== 4 || from?.length !== 3 || typeof heads !== 'number' || typeof width !== 'number') return null;
  const same = sameSize(to[0], from[0]) && sameSize(to[1], from[1]) && from[2] === heads * width;
  return same ? flat : null;
};

/** A value [batch, heads, rows, width] with known heads and width; null when it is not, or not certain. */
export const headsOf = (view: View, value: string): Heads | null => {
  const name = through(view, value);
  const dims = view.sizes.dims(name);
  const [batch = null, heads, rows = null, width] = dims ?? [];
  if (dims?.length !== 4 || typeof heads !== 'number' || typeof width !== 'number') return null;
  if (dims.includes(0)) return null;
  const transpose = maker(view, name, 'Transpose');
  const flat =
    transpose && isOrder(transpose, [0, 2, 1, 3]) ? splitOf(view, through(view, transpose.inputs[0] ?? '')) : null;
  return { name, flat, batch, heads, rows, width };
};

/** The keys behind [batch, heads, width, rows], whichever way they were turned. `turned` is set where only
 *  [batch, rows, heads, width] is at hand. */
export const keysOf = (view: View, value: string): { keys: Heads; turned: string | null } | null => {
  const name = through(view, value);
  const transpose = maker(view, name, 'Transpose');
  if (transpose && isOrder(transpose, [0, 1, 3, 2])) {
    const keys = headsOf(view, transpose.inputs[0] ?? '');
    return keys && { keys, turned: null };
  }
  if (transpose && isOrder(transpose, [0, 2, 3, 1])) {
    const split = through(view, transpose.inputs[0] ?? '');
    const [batch = null, rows = null, heads, width] = view.sizes.dims(split) ?? [];
    if (typeof heads !== 'number' || typeof width !== 'number') return null;
    return { keys: { name: split, flat: splitOf(view, split), batch, heads, rows, width }, turned: split };
  }
  // [batch · heads, rows, width] turned as a stack of matrices, as one exporter writes a transposed product.
  const apart = maker(view, name, 'Reshape');
  const turn = apart && maker(view, apart.inputs[0] ?? '', 'Transpose');
  const together = turn && isOrder(turn, [0, 2, 1]) ? maker(view, turn.inputs[0] ?? '', 'Reshape') : null;
  if (!together) return null;
  const keys = headsOf(view, together.inputs[0] ?? '');
  const stack = view.sizes.dims(together.outputs[0] ?? '');
  const dims = view.sizes.dims(name);
  if (!keys || stack?.length !== 3 || dims?.length !== 4) return null;
  const fits =
    sameSize(stack[1], keys.rows) &&
    stack[2] === keys.width &&
    sameSize(dims[0], keys.batch) &&
    dims[1] === keys.heads &&
    dims[2] === keys.width &&
    sameSize(dims[3], keys.rows);
  return fits ? { keys, turned: null } : null;
};
