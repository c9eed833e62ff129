import type { Node, Tensor } from '../../../contracts/index.ts';
import { intOf, type Draft } from '../../../model/graph/index.ts';
import { linearOf } from '../../linear.ts';
import { onlyUser } from '../static/targets.ts';
import type { Operand } from './axis.ts';

/** Where one factor a channel of a value can be taken into constants: multiply all of them by it, and the value is multiplied. */
export interface Source {
  /** What it is, for messages: "LayerNormalization", "Gemm". */
  readonly what: string;
  readonly operands: readonly Operand[];
  /** The product whose output channels these are, where it is one. */
  readonly weight: Operand | null;
}

const perChannel = (tensor: Tensor | null, channels: number): boolean =>
  tensor !== null &&
  tensor.dtype === 'float32' &&
  tensor.dims.at(-1) === channels &&
  tensor.dims.slice(0, -1).every((dim) => dim === 1);

const isConstant = (draft: Draft, name: string, channels: number): boolean =>
  name !== '' && perChannel(draft.constant(name), channels);

/** The operand at a position, its channels along the last axis. */
const last = (draft: Draft, node: Node, position: number): Operand => ({
  output: node.outputs[0] ?? '',
  position,
  axis: (draft.constant(node.inputs[position] ?? '')?.dims.length ?? 1) - 1,
});

const constantSide = (draft: Draft, node: Node, channels: number): number =>
  [0, 1].find((position) => isConstant(draft, node.inputs[position] ?? '', channels)) ?? -1;

/** Normalizations with gamma at one position and beta at another. */
const normalizations: Readonly<Record<string, readonly [gamma: number, beta: number | null]>> = {
  LayerNormalization: [1, 2],
  SimplifiedLayerNormalization: [1, null],
  RMSNormalization: [1, null],
  SkipLayerNormalization: [2, 3],
  SkipSimplifiedLayerNormalization: [2, null],
};

const normalization = (draft: Draft, node: Node, channels: number): Source | null => {
  const places = normalizations[node.op];
  if (places === undefined) return null;
  const axis = intOf(node, 'axis', -1);
  const rank = draft.shape(node.inputs[0] ?? '')?.length;
  if (axis !== -1 && axis + 1 !== rank) return null;
  const [gamma, beta] = places;
  if (!isConstant(draft, node.inputs[gamma] ?? '', channels)) return null;
  const operands = [last(draft, node, gamma)];
  const shift = beta === null ? '' : (node.inputs[beta] ?? '');
  if (shift !== '') {
    if (!isConstant(draft, shift, channels)) return null;
    operands.push(last(draft, node, beta!));
  }
  return { what: node.op, operands, weight: null };
};

const product = (draft: Draft, node: Node, channels: number): Source | null => {
  const linear = linearOf(node, (name) => draft.constant(name));
  if (typeof linear === 'string' || linear.batch.length > 0 || linear.activation !== null || linear.n !== channels)
    return null;
  const weight: Operand = { output: node.outputs[0] ?? '', position: 1, axis: linear.transB ? 0 : 1 };
  if (linear.bias === null) return { what: node.op, operands: [weight], weight };
  if (!isConstant(draft, linear.bias, channels)) return null;
  return { what: node.op, operands: [weight, last(draft, node, 2)], weight };
};

/** Finds what makes a value whose channels lie along the last axis: a normalization, a product with constants, a multiplication by
 *  constants, each with a constant addition behind it. `through`: operators between that let a positive factor pass.
 *  Null where there is none. Values in between must have no other user. */
export const sourceOf = (
  draft: Draft,
  value: string,
  channels: number,
  through: ReadonlySet<string>,
): Source | null => {
  const node = draft.producer(value);
  if (node === undefined || node.outputs[0] !== value) return null;
  const alone = (input: string): boolean => onlyUser(draft, input) !== null;
  if (node.domain === '' && through.has(node.op)) {
    const [input = ''] = node.inputs;
    return alone(input) ? sourceOf(draft, input, channels, through) : null;
  }
  const direct = normalization(draft, node, channels) ?? product(draft, node, channels);
  if (direct !== null) return direct;
  if (node.domain !== '' || (node.op !== 'Mul' && node.op !== 'Add')) return null;
  const side = constantSide(draft, node, channels);
  if (side < 0) return null;
  const own = last(draft, node, side);
  if (node.op === 'Mul') return { what: 'Mul', operands: [own], weight: null };
  const input = node.inputs[1 - side] ?? '';
  if (!alone(input)) return null;
  const before = draft.producer(input);
  const inner = before === undefined ? null : sourceOf(draft, input, channels, new Set());
  return inner && { ...inner, operands: [...inner.operands, own] };
};
