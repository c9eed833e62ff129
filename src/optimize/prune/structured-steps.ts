import { parseOptions, type Context, type Model } from '../../contracts/index.ts';
import { recover } from '../distill/recover.ts';

/** Share of the units that stay after a step of a gradual cut: most goes in the first steps, while there is much to choose from.
 *  Source: Zhu and Gupta 2017, eq. 1, from nothing cut: s_t = s_n · (1 − (1 − t/n)³). */
export const shareAfter = (kept: number, step: number, steps: number): number =>
  step >= steps ? kept : 1 - (1 - kept) * (1 - (1 - step / steps) ** 3);

/** Fewest minutes of distillation after a step. */
export const leastMinutes = recover.options.minutes.min;

export interface Trained {
  readonly model: Model;
  /** What became better, or why nothing did. */
  readonly what: string;
  readonly better: boolean;
}

/** Distillation from the original after one step of a cut. Each step has a checkpoint of its own: after an interruption the finished ones are
 *  read, not trained again. Errors: those of `distill/recover`. */
export const trainAfter = async (
  model: Model,
  before: Model,
  step: number,
  minutes: number,
  context: Context,
): Promise<Trained> => {
  const world: Context = {
    ...context,
    original: context.original ?? before,
    checkpoints: (name) => context.checkpoints(`${name}-after-step-${step}`),
  };
  const result = await recover.apply(model, parseOptions(recover.id, recover.options, { minutes }), world);
  const [change] = result.changes;
  return change
    ? { model: result.model, what: change.what, better: true }
    : { model, what: result.skipped[0]?.reason ?? 'nothing to change', better: false };
};
