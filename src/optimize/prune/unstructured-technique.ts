import type { Context, Model, Refusal, TechniqueResult } from '../../contracts/index.ts';
import { editEach, graphsOf } from '../../model/graph/index.ts';
import { isLinear } from '../linear.ts';
import { withWorkers } from '../workers/index.ts';
import { pruneWeights, type SparseSettings } from './unstructured-layers.ts';

/** Options that all ways to set single weights to zero have in common. */
export const sparseOptions = {
  method: {
    kind: 'choice',
    choices: ['magnitude', 'wanda', 'sparsegpt'],
    default: 'wanda',
    description:
      'Which weights go: magnitude (the smallest), wanda (the smallest times the size of their input), sparsegpt (those that the others can make up for best, and the others do). The last two need calibration data.',
    search: ['magnitude', 'wanda', 'sparsegpt'],
    needsCalibration: ['wanda', 'sparsegpt'],
  },
  damping: {
    kind: 'number',
    default: 0.01,
    min: 0.0001,
    max: 1,
    description: 'sparsegpt: what is added to the diagonal of the inputs’ second moments, as a share of its mean.',
  },
  exclude: {
    kind: 'names',
    default: [],
    description: 'Node names or outputs to leave as they are; * matches any characters.',
  },
} as const;

/** Why single weights cannot be pruned in a model, or null. */
export const cannotPrune = (model: Model): Refusal | null =>
  graphsOf(model).some(({ nodes }) => nodes.some(isLinear))
    ? null
    : { reason: 'the graph has no MatMul or Gemm', nodes: [] };

/** Prune single weights of a whole model; says so where the method needs data and there is none. */
export const pruneModel = async (
  model: Model,
  settings: SparseSettings,
  context: Context,
): Promise<TechniqueResult> => {
  if (settings.method !== 'magnitude' && context.calibration === null)
    return {
      model,
      changes: [],
      skipped: [
        {
          reason: `method ${settings.method} needs calibration data and there is none (data.calibration in a scenario, --inputs on the command line); magnitude needs none`,
          nodes: [],
        },
      ],
    };
  return withWorkers(context, (workers) => editEach(model, (draft) => pruneWeights(draft, settings, workers, context)));
};
