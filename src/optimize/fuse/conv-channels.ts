import type { Context, Dim, Node, Tensor } from '../../contracts/index.ts';
import { floatOf, intOf } from '../../model/graph/index.ts';
import type { Draft } from '../../model/graph/index.ts';
import { elementCount, floatsToHalf, tensor, toFloat32 } from '../../model/tensor/index.ts';
import type { Certain } from './no-ops.ts';

/** y = scale · x + shift, channel by channel. `scale: null` is 1 everywhere. */
export interface PerChannel {
  readonly scale: Float64Array | null;
  readonly shift: Float64Array;
}

const reshaping = new Set(['Unsqueeze', 'Squeeze', 'Reshape', 'Flatten', 'Identity']);

/** The constant that a name stands for, also behind operators that only reshape it, and the shape that it has then. */
const constantBehind = (
  name: string,
  draft: Draft,
  known: Certain,
): { tensor: Tensor; dims: readonly Dim[] } | null => {
  const dims = known.shape(name);
  let at = name;
  for (let steps = 0; steps < 4; steps++) {
    const found = draft.constant(at);
    if (found) return dims && { tensor: found, dims };
    const maker = draft.producer(at);
    if (!maker || maker.domain !== '' || !reshaping.has(maker.op)) return null;
    at = maker.inputs[0] ?? '';
  }
  return null;
};

const numbers = async (tensor: Tensor, context: Pick<Context, 'bytes'>): Promise<Float32Array | null> =>
  tensor.dtype === 'float32' || tensor.dtype === 'float16'
    ? toFloat32(tensor.dtype, await context.bytes(tensor))
    : null;

/** One number a channel from a constant that stands beside a value of `rank` dimensions, whose channels are the second of them;
 *  a reason where it differs along another axis. Shapes: → [channels]. */
const channelsOf = async (
  name: string,
  channels: number,
  rank: number,
  draft: Draft,
  known: Certain,
  context: Pick<Context, 'bytes'>,
): Promise<Float32Array | string> => {
  const found = constantBehind(name, draft, known);
  if (!found) return `${name} is not a constant`;
  const { dims } = found;
  const place = dims.length - rank + 1;
  const spread = dims.some((dim, i) => i !== place && dim !== 1);
  if (dims.length > rank || spread) return `${name} differs along other axes than the channels`;
  const count = elementCount(found.tensor.dims);
  if (count !== 1 && count !== channels) return `${name} has ${count} values for ${channels} channels`;
  const values = await numbers(found.tensor, context);
  if (!values) return `${name} is ${found.tensor.dtype}`;
  return count === channels ? values : new Float32Array(channels).fill(values[0] ?? 0);
};

const normalization = async (
  node: Node,
  channels: number,
  draft: Draft,
  context: Pick<Context, 'bytes'>,
): Promise<PerChannel | string> => {
  const vectors: Float32Array[] = [];
  for (const name of node.inputs.slice(1, 5)) {
    const found = draft.constant(name);
    const values = found && (await numbers(found, context));
    if (!values) return `${name} is not a constant of float32 or float16`;
    if (values.length !== channels) return `${name} has ${values.length} values for ${channels} channels`;
    vectors.push(values);
  }
  const [gamma, beta, mean, variance] = vectors;
  if (!gamma || !beta || !mean || !variance) return 'a constant is missing';
  const epsilon = floatOf(node, 'epsilon', 1e-5);
  const scale = Float64Array.from(gamma, (one, i) => one / Math.sqrt((variance[i] ?? 0) + epsilon));
  return { scale, shift: Float64Array.from(beta, (one, i) => one - (mean[i] ?? 0) * (scale[i] ?? 0)) };
};

/** What a BatchNormalization, Mul, Div, Add or Sub does to each channel of the value `input`; a reason where it is not the same
 *  for a whole channel or not constant. Reads vectors of one number a channel. Errors: `model/data`. */
export const perChannelOf = async (
  node: Node,
  input: string,
  channels: number,
  rank: number,
  draft: Draft,
  known: Certain,
  context: Pick<Context, 'bytes'>,
): Promise<PerChannel | string> => {
  if (node.op === 'BatchNormalization') {
    if (intOf(node, 'training_mode', 0) !== 0) return 'it is in training mode';
    if (intOf(node, 'spatial', 1) !== 1) return 'it normalizes each place by itself';
    return normalization(node, channels, draft, context);
  }
  const first = node.inputs[0] === input;
  const values = await channelsOf(
    (first ? node.inputs[1] : node.inputs[0]) ?? '',
    channels,
    rank,
    draft,
    known,
    context,
  );
  if (typeof values === 'string') return values;
  if (!first && (node.op === 'Sub' || node.op === 'Div')) return `the convolution stands on the right of ${node.op}`;
  const [numbers64, none] = [Float64Array.from(values), new Float64Array(channels)];
  if (node.op === 'Mul') return { scale: numbers64, shift: none };
  if (node.op === 'Div') return { scale: numbers64.map((one) => 1 / one), shift: none };
  return { scale: null, shift: node.op === 'Sub' ? numbers64.map((one) => -one) : numbers64 };
};

/** Back to the type that it came from. */
const stored = (like: Tensor, dims: readonly number[], values: Float32Array): Tensor =>
  like.dtype === 'float16' ? tensor('float16', dims, floatsToHalf(values)) : tensor('float32', dims, values);

/** Weights times one factor for each output channel. Shapes: Conv [out, in/group, …]; ConvTranspose [in, out/group, …], where
 *  input channels of a group share the group's factors. Errors: `model/data`. */
export const scaledWeights = async (
  weight: Tensor,
  scale: Float64Array,
  transposedBy: number | null,
  context: Pick<Context, 'bytes'>,
): Promise<Tensor | null> => {
  const values = await numbers(weight, context);
  if (!values) return null;
  const [rows = 1, columns = 1] = weight.dims;
  const out = new Float32Array(values.length);
  const inner = values.length / Math.max(1, rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const group = transposedBy === null ? 0 : Math.floor(row / (rows / transposedBy));
      const factor = scale[transposedBy === null ? row : group * columns + column] ?? Number.NaN;
      const start = (row * columns + column) * inner;
      for (let i = start; i < start + inner; i++) out[i] = values[i]! * factor;
    }
  return stored(weight, weight.dims, out);
};

/** bias · scale + shift; without a bias the shift. Shapes: [channels] → [channels]. Errors: `model/data`. */
export const scaledBias = async (
  bias: Tensor | null,
  { scale, shift }: PerChannel,
  like: Tensor,
  context: Pick<Context, 'bytes'>,
): Promise<Tensor | null> => {
  const values = bias ? await numbers(bias, context) : new Float32Array(shift.length);
  if (!values || values.length !== shift.length) return null;
  const out = Float32Array.from(values, (one, i) => one * (scale?.[i] ?? 1) + (shift[i] ?? 0));
  return stored(like, [shift.length], out);
};
