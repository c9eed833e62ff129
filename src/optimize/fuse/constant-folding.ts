import { defineTechnique } from '../../contracts/index.ts';
import type { Refusal } from '../../contracts/index.ts';
import { editEach, graphsOf } from '../../model/graph/index.ts';
import { evaluateFolds } from './evaluate.ts';
import { findFoldable, planFolding } from './foldable.ts';

/** Compute at build time what does not depend on the inputs.
 *  Shapes and dtypes: unchanged. Errors: `model/data` when a weight cannot be read; cancellation.
 *  Source: constant propagation; values come from ONNX Runtime itself, or from shapes that the model fixes. */
export const constantFolding = defineTechnique({
  id: 'fuse/constant-folding',
  version: 1,
  title: 'Compute constants once',
  source: 'constant folding, Aho et al., Compilers, §9.4; ONNX operator specification',
  summary:
    'Operators whose inputs are all constants are computed now, in ONNX Runtime, and their results stored as weights; so are ' +
    'sizes that the shapes of the inputs fix. The answers stay the same. ONNX Runtime does this at every load, so it pays in ' +
    'load time and in a graph that other techniques understand better. Results that would make the file larger are left alone.',
  options: {
    maximumGrowthBytes: {
      kind: 'integer',
      min: 0,
      max: 1_000_000_000,
      unit: 'bytes',
      default: 16_384,
      description: 'Leave an operator alone when storing its result would make the file larger by more than this.',
    },
  },
  needs: { calibration: 'none', training: false },
  fileSuffix: null,
  place: { stage: 'cleanup', saves: [], quick: true },
  tolerance: () => 1e-5,
  check: (model) =>
    graphsOf(model).some((graph) => findFoldable({ ...model, graph }, graph !== model.graph).nodes.length > 0)
      ? null
      : { reason: 'no operator has only constant inputs that could be computed ahead', nodes: [] },
  async apply(model, options, context) {
    const reasons: Refusal[] = [];
    const result = await editEach(model, async (draft) => {
      context.signal.throwIfAborted();
      const plan = planFolding(draft.model, options.maximumGrowthBytes, draft.body);
      const { tensors, skipped } = await evaluateFolds(draft.model, plan, context);
      reasons.push(...plan.skipped, ...skipped);
      for (const { name, node, tensor: told } of plan.folds) {
        const value = told ?? tensors.get(name);
        if (!value) continue;
        draft.rename(name, draft.addInitializer(`${name}_folded`, value));
        draft.note(told ? `${node.op} follows from the shapes` : `${node.op} has only constant inputs`, [node]);
      }
    });
    if (result.changes.length + reasons.length === 0)
      reasons.push({ reason: 'what is constant is needed only by constants that stay', nodes: [] });
    return { ...result, skipped: [...result.skipped, ...reasons] };
  },
});
