import { SteelyardError, defineTechnique, type Tensor } from '../../contracts/index.ts';
import { edit, int } from '../../model/graph/index.ts';
import { elementCount, floatsToHalf, halfToFloats, toFloat32 } from '../../model/tensor/index.ts';
import { inline } from './linear.ts';

const float32Code = 1;

/** Why a weight cannot be kept in 16 bits, or null: a finite value would become infinite. Values too small for float16 become 0,
 *  an error below 6e-8. */
const loss = (values: Float32Array, halves: Uint16Array): string | null => {
  const back = halfToFloats(halves);
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i]!) && !Number.isFinite(back[i]!)) return `it holds ${values[i]!}, beyond float16`;
  }
  return null;
};

/** Weights in float16 on disk, float32 in memory: each becomes Cast(float16 weight), which ONNX Runtime computes once while loading.
 *  Shapes and the signature: unchanged. Errors: none of its own. Source: IEEE 754 binary16; ONNX Cast. */
export const float16Storage = defineTechnique({
  id: 'quantize/float16-storage',
  version: 1,
  title: 'float16 on disk',
  source: 'IEEE 754 binary16; ONNX Cast',
  summary:
    'Stores the weights in 16-bit floats and turns them back into 32-bit ones while loading. ' +
    'Half the file at the speed of float32, on every processor; memory in use stays that of float32.',
  fileSuffix: 'fp16',
  needs: { calibration: 'none', training: false },
  options: {
    minValues: {
      kind: 'integer',
      default: 64,
      min: 1,
      max: 1_000_000_000,
      description: 'Leave smaller weights in float32: the cast would cost more bytes than it saves.',
    },
  },
  tolerance: () => 0.02,
  check: ({ graph, opsets }) => {
    if ((opsets.get('') ?? 0) < 6)
      return { reason: `the model uses opset ${opsets.get('') ?? 'none'}, Cast to float32 needs 6`, nodes: [] };
    return [...graph.initializers.values()].some(({ dtype }) => dtype === 'float32')
      ? null
      : { reason: 'the model has no float32 weights', nodes: [] };
  },
  async apply(model, options, context) {
    const draft = edit(model);
    const weights = [...model.graph.initializers].filter(([, { dtype }]) => dtype === 'float32');
    const refused: { reason: string; nodes: readonly string[] }[] = [];
    let done = 0;
    for (const [name, weight] of weights) {
      if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while converting');
      context.progress({ label: 'converting weights', done: done++, total: weights.length, detail: name });
      const leave = (reason: string): number => refused.push({ reason: `${name}: ${reason}`, nodes: [] });
      if (draft.constant(name) === null) {
        leave('callers may override it');
        continue;
      }
      if (draft.isOutput(name)) {
        leave('it is an output of the model');
        continue;
      }
      if (elementCount(weight.dims) < options.minValues) {
        leave(`it has fewer than ${options.minValues} values`);
        continue;
      }
      const values = toFloat32('float32', await context.bytes(weight));
      const halves = floatsToHalf(values);
      const why = loss(values, halves);
      if (why !== null) {
        leave(why);
        continue;
      }
      const stored: Tensor = inline('float16', weight.dims, halves);
      const users = draft.consumers(name);
      const wide = draft.fresh(`${name}_fp32`);
      draft.rename(name, wide);
      draft.insert([
        {
          op: 'Cast',
          name: `${name}_to_fp32`,
          inputs: [draft.addInitializer(`${name}_fp16`, stored)],
          outputs: [wide],
          attributes: { to: int(float32Code) },
        },
      ]);
      draft.note(`${name} stored in float16`, users);
    }
    const result = draft.done();
    return { ...result, skipped: [...result.skipped, ...refused] };
  },
});
