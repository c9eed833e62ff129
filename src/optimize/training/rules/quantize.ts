import type { DataType } from '../../../contracts/index.ts';
import { intOf } from '../../../model/graph/index.ts';
import { sumTo } from '../broadcast.ts';
import { castTo, int } from '../../writing/emit.ts';
import type { Backward, Rule } from '../types.ts';

/** Smallest and largest codes. */
const codes: Partial<Record<DataType, readonly [number, number]>> = {
  uint2: [0, 3],
  int2: [-2, 1],
  uint4: [0, 15],
  int4: [-8, 7],
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

/** Scale or zero point, lined up with x: one for all as it is, one per channel as a column along its axis. */
const along = (at: Backward, value: string): string => {
  const { to, node } = at;
  const count = at.rank(value);
  if (intOf(node, 'block_size', 0) !== 0 || count > 1) return at.refuse('has scales by blocks');
  const rank = at.rank(at.input(0));
  const [only] = at.dims(value) ?? [];
  if (count === 0 || rank < 2 || only === 1) return value;
  const raw = intOf(node, 'axis', 1);
  const axis = raw < 0 ? raw + rank : raw;
  return to.emit('Reshape', [value, to.integers(Array.from({ length: rank }, (_, i) => (i === axis ? -1 : 1)))]);
};

/** Gradient by the scale: summed over all that it scales. */
const byScale = (at: Backward, each: string): string => {
  const scale = at.input(1);
  const lined = along(at, scale);
  const dims = at.dims(at.input(0));
  if (lined === scale) return sumTo(at, each, dims, scale);
  const { to } = at;
  const rank = at.rank(at.input(0));
  const raw = intOf(at.node, 'axis', 1);
  const axis = raw < 0 ? raw + rank : raw;
  const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis);
  return to.emit('ReduceSum', [each, to.integers(others)], { keepdims: int(0) });
};

/** x/scale + zero point, before rounding and clipping. */
const unrounded = (at: Backward, dtype: DataType): string => {
  const { to } = at;
  const scaled = to.emit('Div', [at.input(0), castTo(to, along(at, at.input(1)), dtype)]);
  return at.input(2) === '' ? scaled : to.emit('Add', [scaled, castTo(to, along(at, at.input(2)), dtype)]);
};

/** Straight through: rounding counts as the identity, clipping stops the gradient. The gradient by the codes is stated in units of what
 *  they stand for, as DequantizeLinear hands it over, so that both together are the identity inside of the range; the scale gets its
 *  part of the gradient of learned step sizes. Source: Bengio et al. 2013; Esser et al. 2020, eq. 3. */
const quantize: Rule = (at) => {
  const { to } = at;
  const dtype = at.dtype(at.input(0));
  const range = codes[at.dtype(at.output())];
  if (range === undefined) return at.refuse('has codes that are not whole numbers');
  const code = unrounded(at, dtype);
  const [low, high] = range.map((one) => to.scalar(dtype, one)) as [string, string];
  const inside = to.emit('And', [to.emit('GreaterOrEqual', [code, low]), to.emit('LessOrEqual', [code, high])]);
  const dx = to.emit('Where', [inside, at.dy, to.scalar(dtype, 0)]);
  const ratio = (): string => to.emit('Div', [at.input(0), castTo(to, along(at, at.input(1)), dtype)]);
  return [
    at.wants(0) ? dx : null,
    at.wants(1) ? byScale(at, to.emit('Neg', [to.emit('Mul', [dx, ratio()])])) : null,
    null,
  ];
};

/** y = (code − zero point)·scale. Source: ONNX DequantizeLinear-21. */
const dequantize: Rule = (at) => {
  const { to } = at;
  const steps = (): string => {
    const dtype = at.dtype(at.output());
    const code = castTo(to, at.input(0), dtype);
    return at.input(2) === '' ? code : to.emit('Sub', [code, castTo(to, along(at, at.input(2)), dtype)]);
  };
  return [at.wants(0) ? at.dy : null, at.wants(1) ? byScale(at, to.emit('Mul', [at.dy, steps()])) : null, null];
};

/** Rules of quantization, under ai.onnx and com.microsoft. */
export const quantization: Readonly<Record<string, Rule>> = {
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
};
