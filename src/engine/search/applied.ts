import { isSteelyardError, parseOptions } from '../../contracts/index.ts';
import type { Context, Model, Technique } from '../../contracts/index.ts';
import { throwIfCancelled } from '../run/context.ts';

/** What a technique made of a model, and whether it rewrites the files beside it. */
export interface Applied {
  readonly model: Model;
  readonly rewrites: boolean;
}

/** Apply a technique to see what it does; or why it changes nothing. A fault of its own says that it cannot be used.
 *  Errors: `engine/cancelled`. */
export const applied = async (
  { technique, options }: { readonly technique: Technique; readonly options: Readonly<Record<string, unknown>> },
  model: Model,
  context: Context,
): Promise<Applied | string> => {
  try {
    const result = await technique.apply(model, parseOptions(technique.id, technique.options, options), context);
    if (result.changes.length > 0)
      return { model: result.model, rewrites: result.companions !== undefined && result.companions.size > 0 };
    const [why] = result.skipped;
    return why === undefined ? 'it changes nothing in this model' : `it changes nothing in this model: ${why.reason}`;
  } catch (error) {
    throwIfCancelled(context.signal);
    if (isSteelyardError(error)) return error.message;
    throw error;
  }
};
