import type { Context, Model, TechniqueResult } from '../../contracts/index.ts';
import { editEach, rewrite } from '../../model/graph/index.ts';
import type { Draft, Rewrite } from '../../model/graph/index.ts';
import { certainOf } from './certain.ts';
import type { Certain } from './no-ops.ts';

/** Apply rewrites to every graph of a model, bodies too, stage after stage: each stage sees what the ones before it made.
 *  `nothing` is what the result says when no place even came near. Errors: cancellation, `model/data`. */
export const fuseByPattern = async (
  model: Model,
  context: Pick<Context, 'signal'>,
  stages: readonly ((known: Certain, draft: Draft) => readonly Rewrite[])[],
  nothing: string,
): Promise<TechniqueResult> => {
  context.signal.throwIfAborted();
  const result = await editEach(model, async (draft) => {
    for (const stage of stages) await rewrite(draft, stage(certainOf(draft), draft), context.signal);
  });
  return result.changes.length + result.skipped.length > 0
    ? result
    : { ...result, skipped: [{ reason: nothing, nodes: [] }] };
};
