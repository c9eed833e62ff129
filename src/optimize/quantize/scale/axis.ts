import type { Context, Node, Tensor } from '../../../contracts/index.ts';
import type { Draft } from '../../../model/graph/index.ts';
import { toFloat32 } from '../../../model/tensor/index.ts';
import { float32 } from '../../linear.ts';

/** A constant float32 operand of a node, by the node's first output, and the axis along which its channels lie. */
export interface Operand {
  readonly output: string;
  readonly position: number;
  readonly axis: number;
}

const strideOf = (dims: readonly number[], axis: number): number =>
  dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);

/** Every element times the factor of its channel. Shapes: values of `dims`, factors [dims[axis]]. */
export const scaled = (
  values: Float32Array,
  dims: readonly number[],
  axis: number,
  factors: Float32Array,
): Float32Array => {
  const stride = strideOf(dims, axis);
  const result = new Float32Array(values.length);
  for (let start = 0, channel = 0; start < values.length; start += stride, channel = (channel + 1) % factors.length) {
    const factor = factors[channel]!;
    for (let i = start; i < start + stride; i++) result[i] = values[i]! * factor;
  }
  return result;
};

/** max |w| per channel; NaN where a channel holds NaN. Shapes: values of `dims` → [dims[axis]]. */
export const largest = (values: Float32Array, dims: readonly number[], axis: number): Float32Array => {
  const stride = strideOf(dims, axis);
  const result = new Float32Array(dims[axis] ?? 0);
  for (let start = 0, channel = 0; start < values.length; start += stride, channel = (channel + 1) % result.length)
    for (let i = start; i < start + stride; i++) {
      const size = Math.abs(values[i]!);
      if (size > result[channel]! || Number.isNaN(size)) result[channel] = size;
    }
  return result;
};

/** The operand's tensor as it is now, or null when it is no constant any more. */
export const tensorAt = (draft: Draft, { output, position }: Operand): Tensor | null => {
  const name = draft.producer(output)?.inputs[position] ?? '';
  const tensor = name === '' ? null : draft.constant(name);
  return tensor !== null && tensor.dtype === 'float32' ? tensor : null;
};

/** max |w| per channel of an operand as it is now. */
export const largestOf = async (draft: Draft, operand: Operand, context: Context): Promise<Float32Array> => {
  const tensor = tensorAt(draft, operand);
  if (tensor === null) throw new Error(`${operand.output} has no constant operand ${operand.position}`);
  return largest(toFloat32('float32', await context.bytes(tensor)), tensor.dims, operand.axis);
};

/** Multiply an operand by one factor a channel. The node gets a weight of its own: other users of the old one keep it, except that calls
 *  with the same `made` and the same factors share what they make. */
export const multiply = async (
  draft: Draft,
  operand: Operand,
  factors: Float32Array,
  context: Context,
  what: string,
  made: Map<string, string> = new Map(),
): Promise<void> => {
  const node: Node | undefined = draft.producer(operand.output);
  const tensor = tensorAt(draft, operand);
  if (node === undefined || tensor === null) throw new Error(`${operand.output} has no constant operand`);
  const name = node.inputs[operand.position] ?? '';
  const key = `${name}|${operand.axis}`;
  const known = made.get(key);
  const use = (fresh: string): void =>
    draft.replace(
      node,
      [{ ...node, inputs: node.inputs.map((one, i) => (i === operand.position ? fresh : one)) }],
      what,
    );
  if (known !== undefined) return use(known);
  const values = scaled(toFloat32('float32', await context.bytes(tensor)), tensor.dims, operand.axis, factors);
  const stem = name.replace(/(_scaled)+(_\d+)?$/, '');
  const fresh = draft.addInitializer(`${stem}_scaled`, await context.keep(float32(tensor.dims, values)));
  made.set(key, fresh);
  use(fresh);
};

/** 1 / s, channel by channel. */
export const inverse = (factors: Float32Array): Float32Array => factors.map((factor) => 1 / factor);
