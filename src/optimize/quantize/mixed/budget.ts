import type { Context, Model, Refusal, TechniqueResult } from '../../../contracts/index.ts';
import type { Distance } from './agreement.ts';
import { distanceOf, referenceOf, sensitivities, type Leaving, type Trial } from './sensitivity.ts';
import { smallestThat } from './walk.ts';

/** How far the answers may move on the calibration inputs. */
export interface Budget {
  /** Largest relative error of the outputs. */
  readonly maxError: number;
  /** Smallest share of output rows whose largest element stays the same. */
  readonly minAgreement: number;
  /** Calibration batches that each trial looks at. */
  readonly batches: number;
}

const percent = (share: number): string => `${(share * 100).toPrecision(2)} %`;

/** A technique on all layers, then without the most harmful ones, as few as the budget allows. What goes back is among the skipped, with the
 *  error that it causes alone. Where not even one layer fits the budget, nothing is changed and the reason says so.
 *  Errors: `optimize/calibration` without calibration rows; those of the technique; `engine/cancelled`. */
export const withinBudget = async (
  model: Model,
  leaving: Leaving,
  budget: Budget,
  context: Context,
  trial: Trial = {},
): Promise<TechniqueResult> => {
  const whole = await leaving([]);
  const layers = [...new Set(whole.changes.flatMap(({ nodes }) => nodes))];
  if (layers.length === 0) return whole;
  const reference = await referenceOf(model, budget.batches, context);
  const close = ({ error, agreement }: Distance): boolean =>
    error <= budget.maxError && agreement >= budget.minAgreement;
  // Everything at once may do: then no layer has to be tried alone.
  if (close(await distanceOf(whole.model, reference, whole.config, context, trial))) return whole;
  const ranked = await sensitivities(leaving, layers, reference, context, trial);
  const back = (count: number): string[] => ranked.slice(0, count).map(({ layer }) => layer);
  const count = await smallestThat(ranked.length - 1, async (some) => {
    if (some === 0) return false;
    context.progress({ label: 'taking layers back', done: some, total: ranked.length });
    const { model: attempt, config } = await leaving(back(some));
    return close(await distanceOf(attempt, reference, config, context, trial));
  });
  if (count === null) {
    const best = ranked.at(-1)!;
    const reason =
      `no layer fits the budget: the least harmful one alone causes an error of ${percent(best.error)} ` +
      `(agreement ${percent(best.agreement)})`;
    return { model, changes: [], skipped: [{ reason, nodes: [best.layer] }] };
  }
  const result = await leaving(back(count));
  const taken = new Set(back(count));
  const left = ranked.slice(0, count).map(({ layer, error }): Refusal => ({
    reason: `kept as it was: alone it causes an error of ${percent(error)}`,
    nodes: [layer],
  }));
  return {
    ...result,
    skipped: [...left, ...result.skipped.filter(({ nodes }) => !nodes.some((one) => taken.has(one)))],
  };
};
