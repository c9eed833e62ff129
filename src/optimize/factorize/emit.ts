import type { Context, Node, Tensor } from '../../contracts/index.ts';
import { float, int, labelOf, type Draft } from '../../model/graph/index.ts';
import { toFloat32 } from '../../model/tensor/index.ts';
import { float32, type Linear } from '../linear.ts';
import type { Piece } from './pieces.ts';
import { rankStep } from './ranks.ts';

/** Rows … of a [rows, columns] matrix, columns from … to. */
const part = async (tensor: Tensor, rows: number, from: number, to: number, context: Context): Promise<Tensor> => {
  const [, columns] = tensor.dims as [number, number];
  const values = toFloat32('float32', await context.bytes(tensor));
  const result = new Float32Array(rows * (to - from));
  for (let row = 0; row < rows; row++)
    result.set(values.subarray(row * columns + from, row * columns + to), row * (to - from));
  return context.keep(float32([rows, to - from], result));
};

/** The node's attributes for a weight that is stored as it is multiplied: alpha is in the weight, nothing is transposed. */
const plainAttributes = ({ attributes }: Node): Node['attributes'] => ({
  ...attributes,
  ...(attributes['alpha'] === undefined ? {} : { alpha: float(1) }),
  ...(attributes['transB'] === undefined ? {} : { transB: int(0) }),
});

const percent = (share: number): string => `${(100 * share).toPrecision(2)} %`;

/** Replace the layers of a piece by two products of this rank; biases and fused activations stay with the second one. `how` says by which
 *  measure, for the change. */
export const emitPiece = async (
  draft: Draft,
  { units, k, n, left, right, tails }: Piece,
  rank: number,
  how: string,
  context: Context,
): Promise<void> => {
  const first = units[0]!.linear;
  const leftName = draft.addInitializer(`${first.weightName}_left`, await part(left, k, 0, rank, context));
  const error = percent(Math.sqrt(tails[rank / rankStep]!));
  const share = percent((rank * (k + n)) / (k * n));
  const product = ({ node, input }: Linear, output: string) => ({
    op: 'MatMul',
    name: `${labelOf(node)}_left`,
    inputs: [input, leftName],
    outputs: [output],
  });
  let shared: string | null = null;
  if (units.length > 1) {
    shared = draft.fresh(`${first.input}_reduced`);
    draft.insert([product(first, shared)]);
  }
  let from = 0;
  for (const { linear, linears } of units) {
    const rightName = draft.addInitializer(
      `${linear.weightName}_right`,
      await part(right, rank, from, from + linear.n, context),
    );
    from += linear.n;
    for (const one of linears) {
      const { node } = one;
      const reduced = shared ?? draft.fresh(`${labelOf(node)}_reduced`);
      const second = {
        op: node.op,
        domain: node.domain,
        name: node.name,
        inputs: [reduced, rightName, ...node.inputs.slice(2)],
        outputs: node.outputs,
        attributes: plainAttributes(node),
      };
      draft.replace(
        node,
        shared === null ? [product(one, reduced), second] : [second],
        `${node.op} [${k}, ${linear.n}] as two of rank ${rank}${shared === null ? '' : ` (${units.length} layers share the first)`}: ${share} of the multiply-adds, error ${error} (${how})`,
      );
    }
  }
};
