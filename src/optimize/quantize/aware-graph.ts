import type { Draft, NodeInit } from '../../model/graph/index.ts';
import { int, ints } from '../../model/graph/index.ts';
import type { Tensor } from '../../contracts/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { float32, scalar } from '../linear.ts';

/** Writes nodes into a draft; values that count as constants for gradients are listed. */
export interface Pen {
  emit(op: string, inputs: readonly string[], attributes?: NodeInit['attributes'], hint?: string): string;
  number(value: number): string;
  integers(values: readonly number[]): string;
  weight(hint: string, value: Tensor): string;
  /** x + stop(q(x) − x): has the value of q and the gradient of x. */
  through(x: string, q: string): string;
  readonly opset: number;
  /** Values that no gradient passes. */
  readonly constant: ReadonlySet<string>;
}

/** A pen on a draft. Equal numbers are kept once. */
export const penOf = (draft: Draft): Pen => {
  const constant = new Set<string>();
  const known = new Map<string, string>();
  const once = (key: string, value: () => Tensor): string => {
    const name = known.get(key) ?? draft.addInitializer('aware/constant', value());
    known.set(key, name);
    return name;
  };
  const emit: Pen['emit'] = (op, inputs, attributes = {}, hint = `aware/${op}`) => {
    const output = draft.fresh(hint);
    draft.insert([{ op, inputs, outputs: [output], attributes }]);
    return output;
  };
  return {
    emit,
    constant,
    opset: draft.model.opsets.get('') ?? 1,
    number: (value) => once(`number ${value}`, () => scalar(value)),
    integers: (values) =>
      once(`integers ${values.join()}`, () => tensor('int64', [values.length], BigInt64Array.from(values, BigInt))),
    weight: (hint, value) => draft.addInitializer(hint, value),
    through: (x, q) => {
      const gap = emit('Sub', [q, x]);
      constant.add(gap);
      return emit('Add', [x, gap]);
    },
  };
};

/** Largest magnitude along an axis that stays, of rank 3 values. Its axes became an input in version 18. */
const largest = (pen: Pen, x: string, axis: number): string => {
  const size = pen.emit('Abs', [x]);
  return pen.opset >= 18
    ? pen.emit('ReduceMax', [size, pen.integers([axis])], { keepdims: int(1) })
    : pen.emit('ReduceMax', [size], { axes: ints([axis]), keepdims: int(1) });
};

/** Codes from `low` to `high`, and the value that they stand for: round(clip(x / scale)) · scale. The gradient by x is 1 inside of the range
 *  and 0 outside, that by the scale is round(x / scale) − x / scale inside and the bound outside.
 *  Source: Esser et al. 2020, eq. 1–3 (LSQ); Bengio et al. 2013 (straight-through). */
export const roundTo = (
  pen: Pen,
  x: string,
  scale: string,
  [low, high]: readonly [number, number],
): { readonly codes: string; readonly value: string } => {
  const clipped = pen.emit('Clip', [pen.emit('Div', [x, scale]), pen.number(low), pen.number(high)]);
  const codes = pen.emit('Round', [clipped], {}, 'aware/codes');
  return { codes, value: pen.emit('Mul', [pen.through(clipped, codes), scale], {}, 'aware/rounded') };
};

/** A scale that is learned as a multiple of where it starts. Its gradient is multiplied by g = 1 / √(values · largest code).
 *  Shapes: `start` as it stands beside what it scales. Source: Esser et al. 2020, §2.2. */
export const learnedScale = (
  pen: Pen,
  label: string,
  start: Tensor,
  values: number,
  top: number,
): { readonly scale: string; readonly factor: string; readonly initial: Tensor } => {
  const count = start.dims.reduce((product, dim) => product * dim, 1);
  // One dimension: weight decay, which is for matrices, leaves it alone.
  const initial = float32([count], new Float32Array(count).fill(1));
  const factor = pen.weight(`${label}/aware_factor`, initial);
  const g = 1 / Math.sqrt(values * top);
  const shaped = start.dims.length === 1 ? factor : pen.emit('Reshape', [factor, pen.integers(start.dims)]);
  const slow = pen.emit('Mul', [shaped, pen.number(g)]);
  const scaled = pen.through(slow, shaped);
  return {
    scale: pen.emit('Mul', [scaled, pen.weight(`${label}/aware_start`, start)], {}, 'aware/scale'),
    factor,
    initial,
  };
};

/** An input as the dynamic quantizer rounds it: uint8 over the range of the whole tensor, zero included. */
export const roundedAtRunTime = (pen: Pen, draft: Draft, x: string): string => {
  const [codes, scale, zero] = ['codes', 'scale', 'zero'].map((part) => draft.fresh(`aware/input_${part}`)) as [
    string,
    string,
    string,
  ];
  draft.insert([{ op: 'DynamicQuantizeLinear', inputs: [x], outputs: [codes, scale, zero] }]);
  return pen.through(x, pen.emit('DequantizeLinear', [codes, scale, zero]));
};

/** An input [..., k] as MatMulNBits rounds it at accuracy level 4: int8 blocks of a row, symmetric over their largest magnitude.
 *  Source: ONNX Runtime, MLAS SQNBitGemm with CompInt8. */
export const roundedInBlocks = (pen: Pen, x: string, k: number, blockSize: number): string => {
  const blocks = Math.ceil(k / blockSize);
  const flat = pen.emit('Reshape', [x, pen.integers([-1, k])]);
  const missing = blocks * blockSize - k;
  const padded = missing === 0 ? flat : pen.emit('Pad', [flat, pen.integers([0, 0, 0, missing])]);
  const cut = pen.emit('Reshape', [padded, pen.integers([-1, blocks, blockSize])]);
  const scale = pen.emit('Div', [largest(pen, cut, 2), pen.number(127)]);
  const zero = pen.emit('Equal', [scale, pen.number(0)]);
  const safe = pen.emit('Where', [zero, pen.number(1), scale]);
  const codes = pen.emit('Round', [pen.emit('Div', [cut, safe])]);
  const back = pen.emit('Reshape', [pen.emit('Mul', [codes, safe]), pen.integers([-1, blocks * blockSize])]);
  const short =
    missing === 0 ? back : pen.emit('Slice', [back, pen.integers([0]), pen.integers([k]), pen.integers([1])]);
  return pen.through(x, pen.emit('Reshape', [short, pen.emit('Shape', [x])]));
};
