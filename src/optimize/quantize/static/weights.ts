import type { Context } from '../../../contracts/index.ts';
import { toFloat32, type Room } from '../../../model/tensor/index.ts';
import { isFinite32 } from '../../algebra/matrix.ts';
import { codesFor, scaleOf, type WeightScheme } from '../arithmetic.ts';
import { codeColumns, codeSpan, columnExtremes, spanExtremes, type Extremes } from '../column-codes.ts';
import { matrixOf } from '../../linear.ts';
import type { WeightPlace } from './targets.ts';

/** A weight's numbers, seen as [outer, channels, inner]: a matrix [K, N] is [K, N, 1], a kernel [M, C, …] is [1, M, C · …]. */
export interface ChannelView {
  readonly values: Float32Array;
  readonly channels: number;
  readonly inner: number;
  readonly dims: readonly number[];
  readonly axis: number;
}

/** The numbers of a target's weight, Gemm's transposition and alpha applied; null when it holds NaN or infinity. `room`: what they are
 *  read into, and where they may still lie. */
export const readWeight = async (place: WeightPlace, context: Context, room?: Room): Promise<ChannelView | null> => {
  const { linear, tensor } = place;
  if (linear !== null) {
    const values = await matrixOf(linear, context, room);
    return values && { values, channels: linear.n, inner: 1, dims: [linear.k, linear.n], axis: 1 };
  }
  const values = toFloat32('float32', await context.bytes(tensor, room?.take));
  const [channels = 1] = tensor.dims;
  if (!isFinite32(values)) return null;
  return { values, channels, inner: values.length / channels, dims: tensor.dims, axis: 0 };
};

/** Whether `readWeight` would answer numbers. */
export const isReadable = async (place: WeightPlace, context: Context, room?: Room): Promise<boolean> =>
  (place.linear?.alpha ?? 1) === 1
    ? isFinite32(toFloat32('float32', await context.bytes(place.tensor, room?.take)))
    : (await readWeight(place, context, room)) !== null;

/** Codes with one scale a channel, or one for all. */
export interface CodedWeight {
  readonly codes: Int8Array | Uint8Array;
  /** [channels] or [1]. */
  readonly scales: Float32Array;
  readonly zeroPoints: Int8Array | Uint8Array;
}

/** Adding and subtracting 1.5 · 2^52 rounds a double to the nearest integer, ties to even. */
const half = 6755399441055744;

/** Where the values of a channel lie together, one span after another. */
const spansOf = ({
  values,
  channels,
  inner,
}: ChannelView): readonly { readonly channel: number; readonly from: number; readonly to: number }[] =>
  Array.from({ length: values.length / inner }, (_, at) => ({
    channel: at % channels,
    from: at * inner,
    to: (at + 1) * inner,
  }));

const extremesOf = (view: ChannelView, perChannel: boolean): Extremes => {
  const { values, channels, inner } = view;
  if (perChannel && inner === 1) return columnExtremes(values, channels);
  if (!perChannel) {
    const { low, high } = spanExtremes(values);
    return { low: Float64Array.of(low), high: Float64Array.of(high) };
  }
  const [low, high] = [new Float64Array(channels), new Float64Array(channels)];
  for (const { channel, from, to } of spansOf(view)) {
    const seen = spanExtremes(values.subarray(from, to));
    low[channel] = Math.min(low[channel]!, seen.low);
    high[channel] = Math.max(high[channel]!, seen.high);
  }
  return { low, high };
};

/** The codes of a weight. `finest`: the least scale of each channel (or of all), below which a bias would not fit its integers; an all-zero
 *  channel takes it as its scale. `room`: where codes go. uint8 with a scale a channel is symmetric around 128: kernels want one zero point.
 *  Source: ONNX QuantizeLinear; ONNX Runtime's quantizer, which raises weight scales for biases in the same way. */
export const codeWeight = (
  view: ChannelView,
  scheme: WeightScheme,
  finest: (channel: number) => number = () => 0,
  room?: Room,
): CodedWeight => {
  const { values, channels, inner } = view;
  const { low, high } = extremesOf(view, scheme.perChannel);
  const signed = scheme.type === 'int8';
  const bound = scheme.bits === 8 ? 127 : signed ? 64 : 63;
  const middle = signed ? 0 : scheme.bits === 8 ? 128 : 64;
  const count = low.length;
  const scales = new Float32Array(count);
  const zeroPoints = signed ? new Int8Array(count) : new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const symmetric = signed || scheme.perChannel;
    const own = symmetric
      ? { scale: Math.fround(Math.max(-low[i]!, high[i]!) / bound), zeroPoint: middle }
      : scaleOf(low[i]!, high[i]!, scheme);
    const tiny = !(own.scale >= 1.1754943508222875e-38);
    const least = Math.fround(finest(i));
    scales[i] = tiny || (low[i] === 0 && high[i] === 0) ? (least > 0 ? least : 1) : Math.max(own.scale, least);
    // A raised scale moves an asymmetric zero point with it.
    zeroPoints[i] = symmetric || scales[i] === own.scale ? own.zeroPoint : -low[i]! / scales[i]! + half - half;
  }
  const [bottom, top] = signed ? [-bound, bound] : scheme.bits === 8 ? [0, 255] : [0, 127];
  const codes = codesFor(scheme.type, values.length, room);
  const range = { least: bottom, most: top };
  if (!scheme.perChannel) codeSpan(values, { scale: scales[0]!, zeroPoint: zeroPoints[0]!, ...range }, codes);
  else if (inner === 1) codeColumns(values, channels, { scales, zeroPoints, ...range }, codes);
  else
    for (const { channel, from, to } of spansOf(view)) {
      const own = { scale: scales[channel]!, zeroPoint: zeroPoints[channel]!, ...range };
      codeSpan(values.subarray(from, to), own, codes.subarray(from, to));
    }
  return { codes, scales, zeroPoints };
};

/** The least weight scale with which a bias takes at most 28 of int32's bits, so that a correction still fits; a channel without weights
 *  takes it and keeps its bias exact. Units: as the weight scale. Source: ONNX Runtime raises weight scales likewise, to 31 bits. */
export const finestScale = (bias: number, inputScale: number): number => Math.abs(bias) / (2 ** 28 * inputScale);

/** A bias in steps of inputScale · weight scale, for zero point 0. Source: ONNX QuantizeLinear; Jacob et al. 2018, §2.4. */
export const codeBias = (
  bias: Float32Array,
  inputScale: number,
  scales: Float32Array,
): { readonly codes: Int32Array; readonly scales: Float32Array } => {
  const product = scales.map((scale) => Math.fround(scale * inputScale));
  const codes = new Int32Array(bias.length);
  for (let i = 0; i < bias.length; i++) {
    const code = bias[i]! / product[product.length === 1 ? 0 : i]! + half - half;
    codes[i] = Math.max(-2_147_483_648, Math.min(2_147_483_647, code));
  }
  return { codes, scales: product };
};
