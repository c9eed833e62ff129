import type { Node } from '../../contracts/index.ts';
import { floatOf, intOf, intsOf, labelOf, type Draft } from '../../model/graph/index.ts';

export const isGather = (node: Node): boolean => node.domain === '' && node.op === 'Gather';

/** A product with the transposed table, as output layers that share their weight with the embedding are written. */
export interface Tied {
  /** The node that makes the product. */
  readonly node: Node;
  /** What is multiplied. */
  readonly input: string;
  readonly bias: string | null;
}

const isPlain = (node: Node, op: string): boolean => node.domain === '' && node.op === op;

/** The products behind one consumer of the table that is no Gather: a Gemm with transB, or a Transpose that only feeds MatMuls; null when it is
 *  something else. */
const tiedOf = (draft: Draft, node: Node, table: string): readonly Tied[] | null => {
  if (isPlain(node, 'Gemm')) {
    const [input = '', weight, bias = ''] = node.inputs;
    const plain = intOf(node, 'transA', 0) === 0 && intOf(node, 'transB', 0) !== 0 && floatOf(node, 'alpha', 1) === 1;
    if (!plain || weight !== table || input === table || bias === table) return null;
    if (bias !== '' && floatOf(node, 'beta', 1) !== 1) return null;
    return [{ node, input, bias: bias === '' ? null : bias }];
  }
  if (!isPlain(node, 'Transpose') || intsOf(node, 'perm', [1, 0]).join() !== '1,0') return null;
  const turned = node.outputs[0]!;
  if (draft.isOutput(turned) || draft.capturedBySubgraph(turned)) return null;
  const users = draft.consumers(turned);
  return users.every((user) => isPlain(user, 'MatMul') && user.inputs[1] === turned && user.inputs[0] !== turned)
    ? users.map((user) => ({ node: user, input: user.inputs[0]!, bias: null }))
    : null;
};

/** Why a Gather's table cannot be stored in few bits, or the products that share it. Without `withTied` there may be none. Reads nothing. */
export const tableOf = (
  draft: Draft,
  node: Node,
  smallest: number,
  withTied: boolean,
): string | { readonly tied: readonly Tied[] } => {
  const name = node.inputs[0]!;
  const table = draft.constant(name);
  if (draft.captured(name) !== null) return `its table ${name} is a weight of the graph around its body`;
  if (table === null) return 'its table is not constant';
  if (table.dtype !== 'float32') return `its table is ${table.dtype}, not float32`;
  if (table.dims.length !== 2) return `its table has ${table.dims.length} dimensions, expected 2`;
  if (intOf(node, 'axis', 0) !== 0) return 'it gathers along an axis other than 0';
  if (table.dims[0]! * table.dims[1]! < smallest) return `its table has fewer than ${smallest} values`;
  if (draft.capturedBySubgraph(name)) return 'its table is also used inside a subgraph';
  const tied: Tied[] = [];
  for (const other of draft.consumers(name)) {
    if (isGather(other) && other.inputs[0] === name) continue;
    const products = withTied ? tiedOf(draft, other, name) : null;
    if (products === null) return `its table is also used by ${labelOf(other)}`;
    tied.push(...products);
  }
  return { tied };
};
