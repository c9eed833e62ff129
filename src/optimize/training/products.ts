import type { Node } from '../../contracts/index.ts';
import { intOf } from '../../model/graph/index.ts';
import { ints, type Emitter } from './emit.ts';

/** The gradient of a weight, Xᵀ·Y over all rows, in the form that the runtime computes fastest. Its product with a transposed first operand
 *  is slow: it packs the operand again for every block of the result. So the narrower operand is transposed once, by itself (a Reshape keeps the
 *  runtime from joining both again), and a tall gradient is computed as the transpose of the wide one.
 *  `transposed` remembers what is transposed already: query, key and value read the same X.
 *  Shapes: X [rows, dims[0]], Y [rows, dims[1]] → dims. Answers null when the node is no such product. */
export const weightGradient = (
  node: Node | undefined,
  dims: readonly number[],
  to: Emitter,
  transposed: Map<string, string>,
): string | null => {
  if (node === undefined || node.op !== 'Gemm' || node.domain !== '' || dims.length !== 2) return null;
  const [x, y, bias = ''] = node.inputs;
  if (bias !== '' || intOf(node, 'transA', 0) !== 1 || intOf(node, 'transB', 0) !== 0) return null;
  if (node.attributes['alpha'] !== undefined) return null;
  const turned = (value: string, rows: number): string => {
    const known = transposed.get(value);
    if (known !== undefined) return known;
    const turnedOnce = to.emit('Transpose', [value], { perm: ints([1, 0]) });
    const name = to.emit('Reshape', [turnedOnce, to.integers([rows, -1])]);
    transposed.set(value, name);
    return name;
  };
  const [high, wide] = dims as [number, number];
  if (high <= wide) return to.emit('MatMul', [turned(x!, high), y!]);
  return to.emit('Transpose', [to.emit('MatMul', [turned(y!, wide), x!])], { perm: ints([1, 0]) });
};

/** Only the nodes that some wanted value needs, in their order. Nodes with bodies count as needed with all they read. */
export const needed = (
  nodes: readonly Node[],
  wanted: Iterable<string>,
  reads: (node: Node) => readonly string[],
): Node[] => {
  const names = new Set(wanted);
  const kept: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => names.has(name))) continue;
    kept.push(node);
    for (const name of reads(node)) names.add(name);
  }
  return kept.reverse();
};
