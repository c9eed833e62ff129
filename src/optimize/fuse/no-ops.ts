import type { DataType, Dim, Node, Tensor } from '../../contracts/index.ts';
import { dataTypeOf, elementCount, readTensorSync, toFloat32 } from '../../model/tensor/index.ts';
import { intOf, intsOf } from '../../model/graph/index.ts';

/** What is certain about values: what a file states about inner values is left out, since it may be wrong. */
export interface Certain {
  shape(name: string): readonly Dim[] | null;
  dtype(name: string): DataType | null;
  /** Contents of a small integer value. */
  contents(name: string): readonly Dim[] | null;
  constant(name: string): Tensor | null;
}

/** Why a node's first output always equals its first input, or null when that is not certain. */
export type Proof = (node: Node, known: Certain, opset: number) => string | null;

const input = (node: Node, position: number): string => node.inputs[position] ?? '';

/** Sizes that are certain to be equal: known numbers, and at most one unknown that the element count then settles. */
const sameShape = (a: readonly Dim[] | null, b: readonly Dim[] | null): boolean => {
  if (a === null || b === null || a.length !== b.length || a.includes(0)) return false;
  const open = a.map((dim, i) => [dim, b[i] ?? null] as const).filter(([x, y]) => typeof x !== 'number' || x !== y);
  return open.length <= 1 && open.every(([x, y]) => typeof x !== 'number' && typeof y !== 'number');
};

const isFalse = (known: Certain, name: string): boolean => {
  const value = known.constant(name);
  return value !== null && value.dtype === 'bool' && readTensorSync(value)[0] === 0;
};

/** One number in a constant with one element; null otherwise. */
const scalar = (known: Certain, name: string): number | null => {
  const value = known.constant(name);
  if (value === null || value.dtype === 'string' || elementCount(value.dims) !== 1) return null;
  return toFloat32(value.dtype, readTensorSync(value))[0] ?? null;
};

const dropout: Proof = (node, known, opset) => {
  const inference = 'Dropout only copies at inference';
  if (opset < 7) return intOf(node, 'is_test', 0) === 0 ? null : inference;
  const training = input(node, 2);
  return opset < 12 || training === '' || isFalse(known, training) ? inference : null;
};

const cast: Proof = (node, known) => {
  // Before opset 6 the type was a string.
  const to = node.attributes['to']?.kind === 'int' ? dataTypeOf(intOf(node, 'to', 0)) : null;
  return to !== null && to !== 'string' && known.dtype(input(node, 0)) === to ? `the input is ${to} already` : null;
};

const reshape: Proof = (node, known) =>
  sameShape(known.shape(input(node, 0)), known.shape(node.outputs[0] ?? '')) ? 'the shape stays the same' : null;

const expand: Proof = (node, known) => {
  const before = known.shape(input(node, 0));
  const after = known.shape(node.outputs[0] ?? '');
  const same =
    before?.length === after?.length && before?.every((dim, i) => typeof dim === 'number' && dim === after?.[i]);
  return same ? 'the shape stays the same' : null;
};

const transpose: Proof = (node) => {
  const order = intsOf(node, 'perm', null);
  return order?.every((axis, i) => axis === i) ? 'the order of axes stays the same' : null;
};

const concat: Proof = (node) => (node.inputs.length === 1 ? 'there is only one input to join' : null);

const allAre = (value: number, numbers: readonly Dim[] | null): boolean =>
  numbers !== null && numbers.every((one) => one === value);

const tile: Proof = (node, known, opset) =>
  opset >= 6 && allAre(1, known.contents(input(node, 1))) ? 'it repeats once' : null;

const pad: Proof = (node, known, opset) => {
  const pads = opset < 11 ? intsOf(node, 'pads', null) : known.contents(input(node, 1));
  return allAre(0, pads) ? 'it adds nothing' : null;
};

const slice: Proof = (node, known, opset) => {
  if (opset < 10) return null;
  const ends = known.contents(input(node, 2));
  const whole =
    allAre(0, known.contents(input(node, 1))) &&
    ends !== null &&
    ends.every((end) => typeof end === 'number' && end >= 2 ** 31 - 1) &&
    (input(node, 4) === '' || allAre(1, known.contents(input(node, 4))));
  return whole ? 'it takes the whole axis' : null;
};

/** x·1, x÷1, x+0, x−0 with a constant of one element that cannot widen the shape. */
const neutral =
  (value: number): Proof =>
  (node, known, opset) => {
    if (opset < 7) return null;
    const rank = known.shape(input(node, 0))?.length;
    const constant = known.constant(input(node, 1));
    if (constant && rank !== undefined && constant.dims.length <= rank && scalar(known, input(node, 1)) === value)
      return `${node.op} with ${value} changes nothing`;
    return null;
  };

/** Operators that copy their first input whatever the values are. */
export const copies: Readonly<Record<string, Proof>> = {
  Identity: () => 'Identity only copies its input',
  Dropout: dropout,
  Cast: cast,
};

/** Operators that rearrange or compute, in the cases where they provably change nothing. */
export const rearrangements: Readonly<Record<string, Proof>> = {
  Reshape: reshape,
  Flatten: reshape,
  Squeeze: reshape,
  Expand: expand,
  Transpose: transpose,
  Concat: concat,
  Tile: tile,
  Pad: pad,
  Slice: slice,
  Mul: neutral(1),
  Div: neutral(1),
  Add: neutral(0),
  Sub: neutral(0),
};
