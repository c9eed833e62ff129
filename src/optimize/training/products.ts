import type { Node } from '../../contracts/index.ts';
import { intOf } from '../../model/graph/index.ts';
import { ints, type Emitter } from '../writing/emit.ts';
import type { Knowledge } from '../writing/knowledge.ts';

/** What made a value, and the number that it always is. */
export interface Seen extends Pick<Knowledge, 'maker'> {
  number(name: string): number | null;
}

interface Scaled {
  readonly value: string;
  readonly scale: number;
}

/** A value as another one times a number: a product with the other one is scaled afterwards, where it is smaller. Also behind a Reshape. */
const unscaled = (value: string, to: Emitter, { maker, number }: Seen): Scaled => {
  const node = maker(value);
  const [a = '', b = ''] = node?.inputs ?? [];
  if (node === null || node.domain !== '') return { value, scale: 1 };
  if (node.op === 'Reshape') {
    const inner = unscaled(a, to, { maker, number });
    return inner.scale === 1
      ? { value, scale: 1 }
      : { ...inner, value: to.emit('Reshape', [inner.value, b], node.attributes) };
  }
  if (node.op !== 'Mul' && node.op !== 'Div') return { value, scale: 1 };
  const right = number(b);
  if (right !== null && right !== 0) return { value: a, scale: node.op === 'Mul' ? right : 1 / right };
  const left = node.op === 'Mul' ? number(a) : null;
  return left === null || left === 0 ? { value, scale: 1 } : { value: b, scale: left };
};

/** The gradient of a weight, Xᵀ·Y over all rows, in the form that the runtime computes fastest. Its product with a transposed first operand
 *  is slow: it packs the operand again for every block of the result. So the narrower operand is transposed once, by itself (a Reshape keeps the
 *  runtime from joining both again), and a tall gradient is computed as the transpose of the wide one.
 *  `transposed` remembers what is transposed already: query, key and value read the same X. Where X or Y is another value times a constant,
 *  the product is scaled instead: the runtime does that on the way.
 *  Shapes: X [rows, dims[0]], Y [rows, dims[1]] → dims. Answers null when the node is no such product. */
export const weightGradient = (
  node: Node | undefined,
  dims: readonly number[],
  to: Emitter,
  transposed: Map<string, string>,
  seen: Seen,
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
  const [left, right] = [unscaled(x!, to, seen), unscaled(y!, to, seen)];
  const scale = left.scale * right.scale;
  const scaled = (product: string): string =>
    scale === 1 ? product : to.emit('Mul', [product, to.scalar('float32', scale)]);
  if (high <= wide) return scaled(to.emit('MatMul', [turned(left.value, high), right.value]));
  const product = to.emit('MatMul', [turned(right.value, wide), left.value]);
  return to.emit('Transpose', [scaled(product)], { perm: ints([1, 0]) });
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
