import { defineTechnique } from '../../contracts/index.ts';
import type { Context, Node } from '../../contracts/index.ts';
import { graphsOf, int, intOf, ints, intsOf, op, shape, value } from '../../model/graph/index.ts';
import type { Draft, Match, NodeInit, Rewrite } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { fuseByPattern } from './by-pattern.ts';
import { sameDims, unfitType } from './certain.ts';
import type { Certain } from './no-ops.ts';
import { composed, targetOf } from './reshapes.ts';

const reshapes = ['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'];
const keys = new Set([...reshapes, 'Transpose']);

/** All uses of a value take another that is equal to it; a graph output gets a copy under its name. */
const standIn = (match: Match, draft: Draft, equal: string): readonly NodeInit[] => {
  const { outputs } = match.root;
  const [output = ''] = outputs;
  if (draft.isOutput(output)) return [{ op: 'Identity', inputs: [equal], outputs }];
  draft.rename(output, equal);
  return [];
};

const oneReshape = (known: Certain): Rewrite => ({
  shape: shape('Reshape', op(reshapes, [op(reshapes, [value('x')], { more: true })], { more: true }), { near: 2 }),
  what: 'reshapes that follow each other became one',
  build: (match, draft) => {
    const x = match.value('x');
    const [output = ''] = match.root.outputs;
    const [before, after] = [known.shape(x), known.shape(output)];
    if (sameDims(before, after) && !before?.includes(0)) return standIn(match, draft, x);
    const target = targetOf(after, before);
    if (target === null) return 'the shape of its result is not certain enough for one Reshape';
    if ((draft.model.opsets.get('') ?? 1) < 5) return 'Reshape of operator set 5 or later is needed';
    const sizes = tensor('int64', [target.length], BigInt64Array.from(target, BigInt));
    const inputs = [x, draft.addInitializer(`${output}_shape`, sizes)];
    return [{ op: 'Reshape', inputs, outputs: match.root.outputs }];
  },
});

const orderOf = (node: Node, known: Certain): readonly number[] | null => {
  const given = intsOf(node, 'perm', null);
  if (given) return given;
  const rank = known.shape(node.inputs[0] ?? '')?.length;
  return rank === undefined ? null : Array.from({ length: rank }, (_, i) => rank - 1 - i);
};

const oneTranspose = (known: Certain): Rewrite => ({
  shape: shape('Transpose', op('Transpose', [op('Transpose', [value('x')], { as: 'first', shared: true })]), {
    near: 2,
  }),
  what: 'two Transposes became one or none',
  build: (match, draft) => {
    const [first, second] = [orderOf(match.node('first'), known), orderOf(match.root, known)];
    const order = first && second && composed(first, second);
    if (!order) return 'the order of its axes is not known';
    const x = match.value('x');
    if (order.every((axis, i) => axis === i)) return standIn(match, draft, x);
    return [{ op: 'Transpose', inputs: [x], outputs: match.root.outputs, attributes: { perm: ints(order) } }];
  },
});

const swapsLastTwo = (node: Node, known: Certain): boolean => {
  const order = orderOf(node, known);
  const rank = order?.length ?? 0;
  const expected = Array.from({ length: rank }, (_, i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i));
  return order !== null && rank >= 2 && order.join() === expected.join();
};

/** MatMul of a matrix, or a stack of them, that is transposed before. */
const flagged = (known: Certain, at: 0 | 1): Rewrite => {
  const transpose = op('Transpose', [value('x')], { as: 'transpose' });
  const root = op(['MatMul', 'com.microsoft.FusedMatMul'], at === 0 ? [transpose, value()] : [value(), transpose]);
  return {
    shape: shape('FusedMatMul', root, { near: 2 }),
    what: 'the Transpose became a flag of FusedMatMul',
    build: ({ root: product, value: captured, node }, draft) => {
      // Other orders split and join heads: every attention has them, so they are not worth a word.
      if (!swapsLastTwo(node('transpose'), known)) return null;
      const ranks = product.inputs.map((name) => known.shape(name)?.length);
      if (ranks.some((rank) => rank === undefined || rank < 2)) return 'its inputs are not known to be matrices';
      const batch = ['transBatchA', 'transBatchB'].some((name) => intOf(product, name, 0) !== 0);
      const wrong = unfitType(known, product.outputs[0] ?? '');
      if (batch || wrong !== null) return wrong ?? 'it transposes its batches, too';
      draft.requireOpset('com.microsoft', 1);
      const flag = at === 0 ? 'transA' : 'transB';
      const inputs = product.inputs.map((name, i) => (i === at ? captured('x') : name));
      const attributes = { ...product.attributes, [flag]: int(1 - intOf(product, flag, 0)) };
      return [
        {
          op: 'FusedMatMul',
          domain: 'com.microsoft',
          name: product.name,
          inputs,
          outputs: product.outputs,
          attributes,
        },
      ];
    },
  };
};

/** Fewer operators that only move values.
 *  Shapes and dtypes: unchanged. Errors: `model/data`; cancellation.
 *  Source: ONNX operator specification, Reshape and Transpose; ONNX Runtime ContribOperators.md, FusedMatMul. */
export const reshapeTranspose = defineTechnique({
  id: 'fuse/reshape-transpose',
  version: 1,
  title: 'Fewer reshapes and transposes',
  source: 'ONNX operator specification, Reshape and Transpose; ONNX Runtime ContribOperators.md, FusedMatMul',
  summary:
    'Joins Reshape, Flatten, Squeeze and Unsqueeze that follow each other, joins or drops Transposes that follow each other, ' +
    'and turns a Transpose in front of MatMul into a flag of ONNX Runtime’s FusedMatMul. The answers stay the same up to ' +
    'rounding. ONNX Runtime does much of it at load: on CPUs expect 0 to 6 % from all fusions together.',
  options: {
    fusedMatMul: {
      kind: 'boolean',
      default: true,
      description: 'Use FusedMatMul, an operator that only ONNX Runtime has, for a MatMul behind a Transpose.',
    },
  },
  needs: { calibration: 'none', training: false },
  fileSuffix: null,
  place: { stage: 'fusion', saves: ['time'], quick: true },
  tolerance: () => 1e-4,
  check: (model) =>
    graphsOf(model).some(({ nodes }) => nodes.some((node) => node.domain === '' && keys.has(node.op)))
      ? null
      : { reason: 'the graph has no Reshape, Flatten, Squeeze, Unsqueeze or Transpose', nodes: [] },
  apply: (model, options, context: Pick<Context, 'signal'>) =>
    fuseByPattern(
      model,
      context,
      [
        (known) => [oneReshape(known), oneTranspose(known)],
        (known) => (options.fusedMatMul ? [flagged(known, 0), flagged(known, 1)] : []),
      ],
      'no two of them follow each other, and no Transpose stands in front of a MatMul',
    ),
});
