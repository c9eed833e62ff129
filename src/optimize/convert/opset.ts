import { SteelyardError, defineTechnique } from '../../contracts/index.ts';
import type { Model, Refusal } from '../../contracts/index.ts';
import { canConvert, convertOpset } from '../../model/graph/index.ts';

const obstacle = (model: Model, target: number): Refusal | null => {
  const from = model.opsets.get('');
  if (from !== undefined && from >= target) return { reason: `the model uses opset ${from} already`, nodes: [] };
  return canConvert(model, target);
};

/** The model at a newer version of ai.onnx, in bodies too; all of it or nothing.
 *  Names, types and shapes of inputs and outputs: unchanged. Errors: none of its own. Source: ONNX, docs/Changelog.md. */
export const opset = defineTechnique({
  id: 'convert/opset',
  version: 1,
  title: 'Newer operator set',
  source: 'ONNX operator changelog',
  summary:
    'Rewrites the model for a newer version of the ONNX operators, with the same answers. ' +
    'It makes nothing faster by itself, but techniques and tools that need newer operators can then be used on an old model.',
  fileSuffix: null,
  needs: { calibration: 'none', training: false },
  options: {
    target: {
      kind: 'choice',
      choices: ['11', '12', '13', '14', '15', '16', '17', '18', '19', '20', '21', '22', '23'],
      default: '21',
      description: 'Version of ai.onnx to convert to.',
    },
  },
  tolerance: () => 1e-5,
  check: (model, options) => obstacle(model, Number(options.target)),
  apply: (model, options, context) => {
    if (context.signal.aborted)
      return Promise.reject(new SteelyardError('engine/cancelled', 'stopped while converting the operator set'));
    const target = Number(options.target);
    const why = obstacle(model, target);
    if (why !== null) return Promise.resolve({ model, changes: [], skipped: [why] });
    const { model: converted, changes } = convertOpset(model, target);
    return Promise.resolve({ model: converted, changes, skipped: [] });
  },
});
