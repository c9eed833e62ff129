import { defineTechnique } from '../../contracts/index.ts';
import type { Dim, Node } from '../../contracts/index.ts';
import { editEach, graphsOf, intOf } from '../../model/graph/index.ts';
import type { Draft } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { certainOf } from './certain.ts';
import type { Certain } from './no-ops.ts';
import { targetOf } from './reshapes.ts';

/** A Reshape whose shape is computed in the graph. */
const isComputed = (node: Node, draft: Draft): boolean => {
  const wanted = node.inputs[1] ?? '';
  return node.op === 'Reshape' && node.domain === '' && wanted !== '' && draft.producer(wanted) !== undefined;
};

/** The numbers that the computed shape always amounts to, by what is known of it; null when that is not certain. */
const constantShape = (node: Node, known: Certain): readonly number[] | null => {
  const [x = '', wanted = ''] = node.inputs;
  const before = known.shape(x);
  const data = known.contents(wanted);
  if (!data || data.filter((one) => one === -1).length > 1) return null;
  // There 0 means a size of 0.
  if (data.includes(0) && intOf(node, 'allowzero', 0) === 1) return null;
  // A −1 beside copied sizes fails where a copied size is 0; the original fails there, too, when it holds the −1 itself.
  const free = data.includes(-1);
  const meant = data.map((one, i): Dim => (one === -1 ? null : one === 0 ? (before?.[i] ?? null) : one));
  return targetOf(meant, before, free);
};

/** Reshape by a constant instead of a shape that the graph computes from the input's own sizes.
 *  Shapes and dtypes: unchanged. Errors: `model/data`; cancellation. Source: ONNX operator specification, Reshape-14. */
export const shapeArithmetic = defineTechnique({
  id: 'fuse/shape-arithmetic',
  version: 1,
  title: 'Constant shapes for Reshape',
  source: 'ONNX operator specification, Reshape-14: 0 copies a size, −1 is what is left',
  summary:
    'Exporters compute the shape for a Reshape from sizes of its input: Shape, Gather, Unsqueeze, Concat. Where that always ' +
    'comes to copied sizes, numbers and at most one open size, a constant says the same. The answers stay the same. Run it ' +
    'after the other fusions: a −1 says less about sizes than their computation did. It makes the graph smaller; ONNX Runtime ' +
    'does much of it at load, so expect 0 to 6 % on CPUs.',
  options: {},
  needs: { calibration: 'none', training: false },
  fileSuffix: null,
  place: { stage: 'fusion', saves: ['time'], quick: true },
  tolerance: () => 1e-6,
  check: (model) =>
    graphsOf(model).some(({ nodes }) => nodes.some((node) => node.op === 'Reshape' && node.domain === ''))
      ? null
      : { reason: 'the graph has no Reshape', nodes: [] },
  async apply(model, _options, context) {
    context.signal.throwIfAborted();
    const result = await editEach(model, (draft) => {
      const known = certainOf(draft);
      for (const node of draft.nodes()) {
        context.signal.throwIfAborted();
        if (!isComputed(node, draft) || draft.constant(node.inputs[1] ?? '')) continue;
        const target = constantShape(node, known);
        if (target === null) {
          draft.skip(node, 'its shape is not certain to be copied sizes, numbers and at most one open size');
          continue;
        }
        const sizes = tensor('int64', [target.length], BigInt64Array.from(target, BigInt));
        const [x = '', wanted = ''] = node.inputs;
        const { allowzero: _, ...attributes } = node.attributes;
        const inputs = [x, draft.addInitializer(`${wanted}_constant`, sizes)];
        draft.replace(node, [{ ...node, inputs, attributes }], 'the shape of Reshape became a constant');
      }
    });
    return result.changes.length + result.skipped.length > 0
      ? result
      : { ...result, skipped: [{ reason: 'no Reshape computes its shape', nodes: [] }] };
  },
});
