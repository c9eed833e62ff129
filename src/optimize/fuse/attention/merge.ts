import type { Node } from '../../../contracts/index.ts';
import { ints, type NodeInit } from '../../../model/graph/index.ts';
import { tensor } from '../../../model/tensor/index.ts';
import { isOrder, sameSize, type Heads, type View } from './heads.ts';
import { onlyUse, type Attention } from './scores.ts';

/** How the graph joins the heads again: the node to replace, and whether its output is [batch, rows, heads · width]. */
export interface Merge {
  readonly node: Node;
  /** false: it is [batch, rows, heads, width]. */
  readonly flat: boolean;
  /** The Transpose between. */
  readonly transpose: Node;
  /** Rows come before batches in what it makes. */
  readonly rowsFirst: boolean;
}

/** The Transpose and the Reshape behind the product with the values; a reason where they are not there. */
export const mergeOf = (view: View, { product, query, value }: Attention): Merge | { readonly reason: string } => {
  const transpose = onlyUse(view, product.outputs[0] ?? '');
  const rowsFirst = transpose?.op === 'Transpose' && isOrder(transpose, [2, 0, 1, 3]);
  if (transpose?.op !== 'Transpose' || transpose.domain !== '' || !(rowsFirst || isOrder(transpose, [0, 2, 1, 3])))
    return { reason: 'its heads are not joined by one Transpose [0, 2, 1, 3] or [2, 0, 1, 3]' };
  if (rowsFirst) return { node: transpose, flat: false, transpose, rowsFirst };
  const turned = transpose.outputs[0] ?? '';
  const reshape = onlyUse(view, turned);
  if (reshape?.op !== 'Reshape' || reshape.domain !== '' || reshape.inputs[0] !== turned)
    return { node: transpose, flat: false, transpose, rowsFirst };
  const dims = view.sizes.dims(reshape.outputs[0] ?? '');
  const flat =
    dims?.length === 3 &&
    sameSize(dims[0], query.batch) &&
    sameSize(dims[1], query.rows) &&
    dims[2] === value.heads * value.width;
  return { node: flat ? reshape : transpose, flat, transpose, rowsFirst };
};

/** [batch, rows, heads · width] of a value whose heads are apart; made where the graph does not have it. */
export const joined = (view: View, heads: Heads): string => {
  if (heads.flat !== null) return heads.flat;
  const { draft } = view;
  const turned = draft.fresh(`${heads.name}_rows`);
  const flat = draft.fresh(`${heads.name}_joined`);
  const size = BigInt(heads.heads * heads.width);
  const shape = draft.addInitializer('joined_shape', tensor('int64', [3], BigInt64Array.of(0n, 0n, size)));
  draft.insert([
    {
      op: 'Transpose',
      inputs: [heads.name],
      outputs: [turned],
      attributes: { perm: ints([0, 2, 1, 3]) },
    },
    { op: 'Reshape', inputs: [turned, shape], outputs: [flat] },
  ]);
  return flat;
};

/** Nodes that turn the fused operator's output into what the graph had in its place. */
export const finish = (
  view: View,
  merge: Merge,
  attention: Attention,
  make: (output: string) => NodeInit,
): readonly NodeInit[] => {
  const { draft } = view;
  const output = merge.node.outputs[0] ?? '';
  const { heads, width } = attention.value;
  const plain = merge.flat && !attention.guarded;
  const raw = plain ? output : draft.fresh(`${output}_fused`);
  const nodes: NodeInit[] = [make(raw)];
  let name = raw;
  if (attention.guarded) {
    const wrong = draft.fresh(`${output}_nan`);
    const clean = merge.flat ? output : draft.fresh(`${output}_guarded`);
    const zero = draft.addInitializer('zero', tensor('float32', [], Float32Array.of(0)));
    nodes.push(
      { op: 'IsNaN', inputs: [name], outputs: [wrong] },
      { op: 'Where', inputs: [wrong, zero, name], outputs: [clean] },
    );
    name = clean;
  }
  if (!merge.flat) {
    const shape = draft.addInitializer(
      'split_shape',
      tensor('int64', [4], BigInt64Array.of(0n, 0n, BigInt(heads), BigInt(width))),
    );
    const split = merge.rowsFirst ? draft.fresh(`${output}_split`) : output;
    nodes.push({ op: 'Reshape', inputs: [name, shape], outputs: [split] });
    if (merge.rowsFirst)
      nodes.push({ op: 'Transpose', inputs: [split], outputs: [output], attributes: { perm: ints([1, 0, 2, 3]) } });
  }
  return nodes;
};
