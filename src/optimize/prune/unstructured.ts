import { defineTechnique } from '../../contracts/index.ts';
import type { SparseSettings } from './unstructured-layers.ts';
import { cannotPrune, pruneModel, sparseOptions } from './unstructured-technique.ts';

/** Single weights of MatMul and Gemm become zero; they stay stored as they are, and every operator stays.
 *  ONNX's sparse initializers are not written: with eight bytes of index a weight they are larger than dense ones up to two thirds of zeros,
 *  and not every runtime reads them.
 *  Shapes: unchanged. Errors: `optimize/calibration` when calibration data is named and has no rows; `optimize/worker`; `engine/cancelled`.
 *  Source: as stated. */
export const unstructured = defineTechnique({
  id: 'prune/unstructured',
  version: 2,
  title: 'Zeros for single weights',
  source:
    'Magnitude pruning (Han et al. 2015); Wanda (Sun et al. 2023, equation 1); SparseGPT (Frantar and Alistarh 2023, algorithm 1)',
  summary:
    'Sets the weights that matter least to zero, wherever they are. ' +
    'No time is gained on CPUs: ONNX Runtime multiplies by zeros as by any other number, and the file stays as large. ' +
    'Only what is compressed on its way to the user, such as a gzipped download, becomes smaller.',
  fileSuffix: null,
  layerwise: true,
  needs: { calibration: 'optional', training: false },
  options: {
    ...sparseOptions,
    sparsity: {
      kind: 'number',
      default: 0.5,
      min: 0,
      max: 1,
      search: [0.3, 0.5, 0.7],
      description: 'Share of the weights that become zero. Every layer keeps at least one.',
    },
    compare: {
      kind: 'choice',
      choices: ['output', 'layer', 'model'],
      default: 'output',
      description:
        'Which weights compete: those of one output, of one layer, or of all layers (relative to the layer’s own mean; no layer gives up more than 95 % unless all do).',
    },
  },
  place: { stage: 'network', saves: [] },
  tolerance: () => null,
  check: cannotPrune,
  apply: (model, { method, sparsity, compare, damping, exclude }, context) =>
    pruneModel(
      model,
      {
        method: method as SparseSettings['method'],
        pattern: { kind: 'share', share: sparsity, within: compare === 'output' ? 'output' : 'layer' },
        global: compare === 'model',
        damping,
        exclude,
      },
      context,
    ),
});
