import type { Change, Model, Refusal, TechniqueResult } from '../../../contracts/index.ts';
import { convertOpset } from './convert.ts';

/** The model at `version` of ai.onnx at least; the model itself when it is there already. `'reason' in result` tells a refusal. */
export const raised = (
  model: Model,
  version: number,
): { readonly model: Model; readonly changes: readonly Change[] } | Refusal => {
  const from = model.opsets.get('');
  if (from !== undefined && from >= version) return { model, changes: [] };
  const { refusal, ...result } = convertOpset(model, version);
  return refusal ?? result;
};

/** null, or why the model cannot be brought to `version` of ai.onnx at least. For `Technique.check`: cheap, reads no weights. */
export const cannotRaise = (model: Model, version: number): Refusal | null => {
  const result = raised(model, version);
  return 'reason' in result ? result : null;
};

/** A technique's work on a model that is first brought to `version` of ai.onnx at least. When the work changes nothing, the
 *  model comes back as it was, at its own version; when the version is out of reach, the reason is in `skipped`.
 *
 *    check: (model) => cannotRaise(model, 11) ?? …,
 *    apply: (model, options, context) =>
 *      onRaised(model, 11, async (model) => {
 *        const draft = edit(model);
 *        …
 *        return draft.done();
 *      }),
 *
 *  Errors: whatever `work` throws. */
export const onRaised = async (
  model: Model,
  version: number,
  work: (model: Model) => Promise<TechniqueResult> | TechniqueResult,
): Promise<TechniqueResult> => {
  const start = raised(model, version);
  if ('reason' in start) return { model, changes: [], skipped: [start] };
  const result = await work(start.model);
  if (result.changes.length === 0) return { ...result, model };
  return { ...result, changes: [...start.changes, ...result.changes] };
};
