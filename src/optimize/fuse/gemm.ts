import { defineTechnique } from '../../contracts/index.ts';
import type { Dim } from '../../contracts/index.ts';
import { graphsOf, int, intOf, intsOf, op, shape, value } from '../../model/graph/index.ts';
import type { Draft, Match, NodeInit, Rewrite } from '../../model/graph/index.ts';
import { fuseByPattern } from './by-pattern.ts';
import { sameDim, unfitType } from './certain.ts';
import type { Certain } from './no-ops.ts';

const opsetOf = (draft: Draft): number => draft.model.opsets.get('') ?? 1;

/** Whether adding a value of shape `c` leaves the shape [rows, columns] as it is. */
const fits = (c: readonly Dim[], [rows, columns]: readonly (Dim | undefined)[]): boolean =>
  c.length <= 2 &&
  c.every((dim, i) => {
    const size = i === c.length - 1 ? columns : rows;
    return dim === 1 || sameDim(dim, size);
  });

/** The Gemm for a product and a sum; a reason; or null for products of more than two dimensions, of which there are many. */
const gemmOf = (match: Match, draft: Draft, known: Certain): readonly NodeInit[] | string | null => {
  const [a, b, c] = [match.value('a'), match.value('b'), match.value('c')];
  const [left, right, third] = [known.shape(a), known.shape(b), known.shape(c)];
  if ((left && left.length !== 2) || (right && right.length !== 2)) return null;
  if (!left || !right) return `the shape of ${left ? b : a} is not known`;
  if (!third || !fits(third, [left[0], right[1]])) return `the sum with ${c} may have another shape than the product`;
  if (opsetOf(draft) < 7) return `Gemm of operator set ${opsetOf(draft)} does not spread its third input by itself`;
  const unfit = unfitType(known, a) ?? unfitType(known, c);
  if (unfit !== null) return unfit;
  if (known.dtype(a) !== known.dtype(c)) return `${a} and ${c} have different types`;
  return [{ op: 'Gemm', inputs: [a, b, c], outputs: match.root.outputs }];
};

const transposed = op('Transpose', [value('inner')], { as: 'transpose' });

/** Gemm or MatMul of matrices whose first or second input is transposed before. */
const withFlag = (match: Match, draft: Draft, known: Certain, at: 0 | 1): readonly NodeInit[] | string | null => {
  const { root } = match;
  const shapes = root.inputs.slice(0, 2).map((name) => known.shape(name));
  if (shapes.some((dims) => dims && dims.length !== 2)) return null;
  const order = intsOf(match.node('transpose'), 'perm', [1, 0]);
  if (order.join() !== '1,0') return null;
  if (shapes.includes(null)) return 'the shapes of its inputs are not known';
  if (root.op === 'MatMul' && opsetOf(draft) < 11) return `Gemm of operator set ${opsetOf(draft)} needs a third input`;
  const flag = at === 0 ? 'transA' : 'transB';
  const inputs = root.inputs.map((name, i) => (i === at ? match.value('inner') : name));
  const attributes = { ...root.attributes, [flag]: int(1 - intOf(root, flag, 0)) };
  return (
    unfitType(known, inputs[0] ?? '') ?? [{ op: 'Gemm', name: root.name, inputs, outputs: root.outputs, attributes }]
  );
};

const products = (known: Certain): readonly Rewrite[] => [
  {
    shape: shape('Gemm', op('Add', [op('MatMul', [value('a'), value('b')]), value('c')]), { near: 9 }),
    what: 'MatMul and Add became Gemm',
    build: (match, draft) => gemmOf(match, draft, known),
  },
];

const transposes = (known: Certain): readonly Rewrite[] =>
  ([0, 1] as const).map((at) => ({
    shape: shape('Gemm', op(['Gemm', 'MatMul'], at === 0 ? [transposed] : [value(), transposed], { more: true }), {
      near: 2,
    }),
    what: 'the Transpose became a flag of Gemm',
    build: (match, draft) => withFlag(match, draft, known, at),
  }));

/** A product of two matrices and a sum as one operator, transposes as its flags.
 *  Shapes and dtypes: unchanged. Errors: `model/data`; cancellation. Source: ONNX operator specification, Gemm. */
export const gemm = defineTechnique({
  id: 'fuse/gemm',
  version: 2,
  title: 'MatMul and Add as one Gemm',
  source: 'ONNX operator specification, Gemm',
  summary:
    'Replaces the product of two matrices and the sum behind it by one Gemm, and a Transpose in front by its flag. Only ' +
    'products of exactly two dimensions qualify: classifier heads, rarely the layers of a transformer. The answers differ by ' +
    'rounding only. ONNX Runtime does the same at load: on CPUs expect 0 to 6 % from all fusions together.',
  options: {},
  needs: { calibration: 'none', training: false },
  fileSuffix: null,
  place: { stage: 'fusion', saves: ['time'], quick: true },
  tolerance: () => 1e-4,
  check: (model) =>
    graphsOf(model).some(({ nodes }) => nodes.some((node) => node.op === 'MatMul' || node.op === 'Gemm'))
      ? null
      : { reason: 'the graph has no MatMul or Gemm', nodes: [] },
  apply: (model, _options, context) =>
    fuseByPattern(
      model,
      context,
      [products, transposes],
      'no product of two matrices has a sum behind or a Transpose in front',
    ),
});
