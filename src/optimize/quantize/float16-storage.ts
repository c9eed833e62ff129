import {
  SteelyardError,
  defineTechnique,
  type Context,
  type Graph,
  type Node,
  type Refusal,
  type Tensor,
} from '../../contracts/index.ts';
import {
  cannotRaise,
  constantValue,
  editEach,
  graphsOf,
  int,
  labelOf,
  onRaised,
  type Draft,
} from '../../model/graph/index.ts';
import { elementCount, floatsToHalf, halfToFloats, toFloat32 } from '../../model/tensor/index.ts';
import { inline } from '../linear.ts';

const float32Code = 1;
/** The first operator set whose Cast names its type by number. */
const castOpset = 6;

/** Why a weight cannot be kept in 16 bits, or null: a finite value would become infinite. Values too small for float16 become 0,
 *  an error below 6e-8. */
const loss = (values: Float32Array, halves: Uint16Array): string | null => {
  const back = halfToFloats(halves);
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i]!) && !Number.isFinite(back[i]!)) return `it holds ${values[i]!}, beyond float16`;
  }
  return null;
};

/** Operators whose float constants are scales: every code hangs on them. */
const isQuantized = ({ op }: Node): boolean => /Quant|QLinear|NBits|Integer|^QGemm|^QAttention/.test(op);
/** Below this float16 loses digits. */
const leastNormal = 2 ** -14;
const hasTiny = (values: Float32Array): boolean => values.some((value) => value !== 0 && Math.abs(value) < leastNormal);

/** A float32 weight of one graph: an initializer, or what a Constant node holds. */
interface Weight {
  readonly name: string;
  readonly tensor: Tensor;
  readonly node: Node | null;
}

const weightsOf = (graph: Graph): readonly Weight[] => {
  const found: Weight[] = [];
  for (const [name, tensor] of graph.initializers)
    if (tensor.dtype === 'float32') found.push({ name, tensor, node: null });
  for (const node of graph.nodes) {
    const tensor = node.op === 'Constant' ? constantValue(node) : null;
    const name = node.outputs[0] ?? '';
    if (tensor?.dtype === 'float32' && name !== '') found.push({ name, tensor, node });
  }
  return found;
};

const obstacle = (draft: Draft, { name, node }: Weight): string | null => {
  if (node !== null) return null;
  if (draft.constant(name) === null) return 'callers may override it';
  if (!draft.isOutput(name)) return null;
  return draft.body ? 'it is an output of its body' : 'it is an output of the model';
};

/** Puts Cast(float16 weight) in the weight's place, in the graph that holds it: bodies that use it from outside follow.
 *  Answers why not, or null. */
const store = async (draft: Draft, { name, tensor, node }: Weight, context: Context): Promise<string | null> => {
  const values = toFloat32('float32', await context.bytes(tensor));
  const halves = floatsToHalf(values);
  const why = loss(values, halves);
  if (why !== null) return why;
  if (draft.consumers(name).some(isQuantized) && hasTiny(values))
    return 'it holds scales of quantized values below 6.1e-5, where float16 loses digits';
  const stored = draft.addInitializer(`${name}_fp16`, await context.keep(inline('float16', tensor.dims, halves)));
  const cast = (output: string) => ({
    op: 'Cast',
    name: `${name}_to_fp32`,
    inputs: [stored],
    outputs: [output],
    attributes: { to: int(float32Code) },
  });
  if (node !== null) {
    draft.replace(node, [cast(name)], `${name} stored in float16`);
    return null;
  }
  const users = draft.consumers(name);
  const wide = draft.fresh(`${name}_fp32`);
  draft.rename(name, wide);
  draft.insert([cast(wide)]);
  draft.note(`${name} stored in float16`, users);
  return null;
};

/** Weights in float16 on disk, float32 in memory: each becomes Cast(float16 weight), which ONNX Runtime computes once while loading.
 *  In bodies of If, Loop and Scan too, also for weights that Constant nodes hold.
 *  Shapes and the signature: unchanged. Errors: none of its own. Source: IEEE 754 binary16; ONNX Cast. */
export const float16Storage = defineTechnique({
  id: 'quantize/float16-storage',
  version: 2,
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
  place: { stage: 'weights', saves: ['bytes'], whole: true },
  tolerance: () => 0.02,
  check: (model) =>
    cannotRaise(model, castOpset) ??
    (graphsOf(model).some((graph) => weightsOf(graph).length > 0)
      ? null
      : { reason: 'the model has no float32 weights', nodes: [] }),
  apply: (model, options, context) =>
    onRaised(model, castOpset, async (raised) => {
      const total = graphsOf(raised).reduce((sum, graph) => sum + weightsOf(graph).length, 0);
      let done = 0;
      const refused: Refusal[] = [];
      const result = await editEach(raised, async (draft) => {
        const small: string[] = [];
        for (const weight of weightsOf(draft.model.graph)) {
          if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while converting');
          context.progress({ label: 'converting weights', done: done++, total, detail: weight.name });
          const few = elementCount(weight.tensor.dims) < options.minValues;
          if (few && weight.node) small.push(labelOf(weight.node));
          const why = few
            ? `it has fewer than ${options.minValues} values`
            : (obstacle(draft, weight) ?? (await store(draft, weight, context)));
          if (why !== null && !(few && weight.node)) refused.push({ reason: `${weight.name}: ${why}`, nodes: [] });
        }
        if (small.length > 0)
          refused.push({ reason: `constants with fewer than ${options.minValues} values`, nodes: small });
      });
      return { ...result, skipped: [...result.skipped, ...refused] };
    }),
});
