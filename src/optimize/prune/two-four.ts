import { defineTechnique } from '../../contracts/index.ts';
import type { SparseSettings } from './unstructured-layers.ts';
import { cannotPrune, pruneModel, sparseOptions } from './unstructured-technique.ts';

/** Two of every four neighbouring weights along the inner dimension become zero, for every output.
 *  Shapes: unchanged. Errors: `optimize/calibration` when calibration data is named and has no rows; `optimize/worker`; `engine/cancelled`.
 *  Source: as stated. */
export const twoFour = defineTechnique({
  id: 'prune/2-4',
  version: 2,
  title: 'Zeros in a 2:4 pattern',
  source:
    'N:M sparsity (Mishra et al. 2021, Accelerating sparse deep neural networks); Wanda (Sun et al. 2023); SparseGPT (Frantar and Alistarh 2023)',
  summary:
    'Sets two of every four neighbouring weights to zero, the pattern that sparse tensor cores of GPUs multiply at twice the speed. ' +
    'ONNX Runtime has no kernel for it on CPUs, where no time is gained, and the file stays as large until it is compressed. ' +
    'For models that go on to a runtime that uses the pattern.',
  fileSuffix: null,
  layerwise: true,
  needs: { calibration: 'optional', training: false },
  options: {
    ...sparseOptions,
    pattern: {
      kind: 'choice',
      choices: ['2:4', '4:8'],
      default: '2:4',
      description: 'How many weights stay of how many neighbours.',
    },
  },
  place: { stage: 'network', saves: [] },
  tolerance: () => null,
  check: cannotPrune,
  apply: (model, { method, pattern, damping, exclude }, context) =>
    pruneModel(
      model,
      {
        method: method as SparseSettings['method'],
        pattern: pattern === '4:8' ? { kind: 'group', keep: 4, of: 8 } : { kind: 'group', keep: 2, of: 4 },
        global: false,
        damping,
        exclude,
      },
      context,
    ),
});
