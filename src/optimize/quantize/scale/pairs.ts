import type { Node } from '../../../contracts/index.ts';
import { intOf, intsOf, type Draft } from '../../../model/graph/index.ts';
import { linearOf, matches } from '../../linear.ts';
import { onlyUser } from '../static/targets.ts';
import type { Operand } from './axis.ts';
import { sourceOf } from './producers.ts';

/** A product and its channels on one side. */
export interface Side {
  readonly node: Node;
  readonly weight: Operand;
  /** The weight and every constant that moves with it. */
  readonly operands: readonly Operand[];
}

/** Channels that one product makes and another reads, with nothing between that a positive factor would not pass. */
export interface Pair {
  readonly kind: 'chain' | 'depthwise' | 'value' | 'query';
  readonly first: Side;
  /** `chain` and `value` read the channels; `query`: the keys' product, whose outputs move the other way. */
  readonly second: Side;
  /** The depthwise convolution between the two, for `depthwise`. */
  readonly middle: Side | null;
  /** Where shapes prove only the width of a head, not the number of heads: channels this far apart share a factor. Null: each has its own. */
  readonly period: number | null;
}

/** f(s·x) = s·f(x) for s > 0, channel by channel. */
const homogeneous = new Set(['Relu', 'LeakyRelu', 'PRelu', 'Identity']);
const pools = new Set(['MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool']);
const bent = new Set([
  'Gelu',
  'FastGelu',
  'QuickGelu',
  'BiasGelu',
  'Erf',
  'Tanh',
  'Sigmoid',
  'HardSwish',
  'HardSigmoid',
]);

const is = (node: Node | undefined, op: string): node is Node => node?.op === op && node.domain === '';

const kernelOf = (draft: Draft, node: Node): readonly number[] | null => {
  const tensor = is(node, 'Conv') ? draft.constant(node.inputs[1] ?? '') : null;
  return tensor?.dtype === 'float32' && tensor.dims.length > 2 && !tensor.dims.includes(0) ? tensor.dims : null;
};

/** The output side of a convolution with a constant kernel, and bias if any. */
const convOutputs = (draft: Draft, node: Node): Side | null => {
  if (kernelOf(draft, node) === null) return null;
  const output = node.outputs[0] ?? '';
  const bias = node.inputs[2] ?? '';
  const weight: Operand = { output, position: 1, axis: 0 };
  if (bias === '') return { node, weight, operands: [weight] };
  if (draft.constant(bias)?.dtype !== 'float32') return null;
  return { node, weight, operands: [weight, { output, position: 2, axis: 0 }] };
};

const isDepthwise = (draft: Draft, node: Node): boolean => {
  const dims = kernelOf(draft, node);
  return dims !== null && dims[1] === 1 && intOf(node, 'group', 1) === dims[0] && dims[0]! > 1;
};

/** The nearest convolution before a value, through operators that a factor passes. */
const convBefore = (draft: Draft, value: string): { readonly side: Side; readonly flat: boolean } | null => {
  let name = value;
  let flat = false;
  for (let steps = 0; steps < 16; steps++) {
    const node = draft.producer(name);
    if (node === undefined || onlyUser(draft, name) === null) return null;
    const side = convOutputs(draft, node);
    if (side !== null) return { side, flat };
    if (node.domain !== '') return null;
    if (node.op === 'Flatten') {
      // Channels stay channels only where each holds one number.
      const dims = draft.shape(node.inputs[0] ?? '');
      if (flat || dims === null || intOf(node, 'axis', 1) !== 1 || dims.slice(2).some((dim) => dim !== 1)) return null;
      flat = true;
    } else if (!homogeneous.has(node.op) && !pools.has(node.op)) return null;
    name = node.inputs[0] ?? '';
  }
  return null;
};

/** Why no factor reaches back from a product's input. */
const obstacle = (draft: Draft, value: string): string => {
  const node = draft.producer(value);
  if (node === undefined) return 'its input is an input of the model';
  const waiting: [string, number][] = [[value, 0]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [name, depth] = next;
    const maker = draft.producer(name);
    if (maker === undefined || depth > 4) continue;
    if (bent.has(maker.op))
      return `its input comes through ${maker.op === 'Erf' ? 'Gelu (Erf)' : maker.op}, which is not scale-equivariant`;
    if (['Mul', 'Add', 'Div'].includes(maker.op) || depth === 0)
      for (const input of maker.inputs) waiting.push([input, depth + 1]);
  }
  return `its input comes from ${node.op}, or has other users: no single product before it can take a factor`;
};

const chainOf = (draft: Draft, node: Node): Pair | string => {
  const [value = ''] = node.inputs;
  if (is(node, 'Conv')) {
    const dims = kernelOf(draft, node);
    if (dims === null) return 'the kernel is not constant float32';
    if (isDepthwise(draft, node)) return 'it is depthwise: its channels are balanced with the convolution behind it';
    if (intOf(node, 'group', 1) !== 1) return 'it has groups';
    const before = convBefore(draft, value);
    if (before === null) return obstacle(draft, value);
    const second: Side = { node, weight: reading(node, 1), operands: [reading(node, 1)] };
    if (!isDepthwise(draft, before.side.node))
      return kernelOf(draft, before.side.node)?.[0] === dims[1]
        ? { kind: 'chain', first: before.side, second, middle: null, period: null }
        : 'the channel counts differ';
    const outer = convBefore(draft, before.side.node.inputs[0] ?? '');
    if (outer === null || isDepthwise(draft, outer.side.node)) return obstacle(draft, before.side.node.inputs[0] ?? '');
    return { kind: 'depthwise', first: outer.side, middle: before.side, second, period: null };
  }
  const linear = linearOf(node, (name) => draft.constant(name));
  if (typeof linear === 'string') return linear;
  if (linear.batch.length > 0) return 'the weight is a stack of matrices';
  if (onlyUser(draft, value) === null) return 'its input has other users, which a factor would change';
  const reader = reading(node, linear.transB ? 1 : 0);
  const second: Side = { node, weight: reader, operands: [reader] };
  const source = sourceOf(draft, value, linear.k, homogeneous);
  const weight = source?.weight ?? null;
  if (source !== null && weight !== null) {
    const maker = draft.producer(weight.output);
    if (maker !== undefined)
      return {
        kind: 'chain',
        first: { node: maker, weight, operands: source.operands },
        second,
        middle: null,
        period: null,
      };
  }
  const conv = convBefore(draft, value);
  if (
    conv !== null &&
    conv.flat &&
    kernelOf(draft, conv.side.node)?.[0] === linear.k &&
    !isDepthwise(draft, conv.side.node)
  )
    return { kind: 'chain', first: conv.side, second, middle: null, period: null };
  return valueOf(draft, second, value, linear.k) ?? obstacle(draft, value);
};

const reading = (node: Node, axis: number): Operand => ({ output: node.outputs[0] ?? '', position: 1, axis });

interface Heads {
  readonly side: Side;
  readonly channels: number;
  readonly width: number;
  /** Null where shapes do not tell. */
  readonly count: number | null;
}

/** The last two sizes of a value [batch, length, heads, width] whose elements are channels in order; null when even the width is unknown. */
const headSizes = (
  draft: Draft,
  value: string,
  channels: number,
): { readonly width: number; readonly count: number | null } | null => {
  const dims = draft.shape(value);
  const [, , count, width] = dims ?? [];
  if (dims?.length !== 4 || typeof width !== 'number' || width === 0 || channels % width !== 0) return null;
  return { width, count: typeof count === 'number' && count * width === channels ? count : null };
};

/** A value as heads: [batch, length, heads, width], cut from [batch, length, channels] of one product. Reshape keeps the order of elements,
 *  so channel c lies at c mod width whatever the number of heads, and at (c / width, c mod width) where that number is known. */
const headsOf = (draft: Draft, value: string): Heads | null => {
  const node = draft.producer(value);
  if (!is(node, 'Reshape') || onlyUser(draft, value) === null) return null;
  const [before = ''] = node.inputs;
  const whole = draft.shape(before)?.at(-1);
  const sizes = typeof whole === 'number' ? headSizes(draft, value, whole) : null;
  if (typeof whole !== 'number' || sizes === null) return null;
  if (draft.shape(before)?.length !== 3 || onlyUser(draft, before) === null) return null;
  const source = sourceOf(draft, before, whole, new Set(['Identity']));
  const weight = source?.weight ?? null;
  const maker = weight === null ? undefined : draft.producer(weight.output);
  if (source === null || weight === null || maker === undefined) return null;
  return { side: { node: maker, weight, operands: source.operands }, channels: whole, ...sizes };
};

const transposedBy = (draft: Draft, value: string, perm: string): string | null => {
  const node = draft.producer(value);
  if (!is(node, 'Transpose') || onlyUser(draft, value) === null) return null;
  return intsOf(node, 'perm', []).join() === perm ? (node.inputs[0] ?? '') : null;
};

/** out(merge(P · V)): the values' product and the one behind the heads, channel by channel. */
const valueOf = (draft: Draft, second: Side, value: string, channels: number): Pair | null => {
  const merge = draft.producer(value);
  if (!is(merge, 'Reshape') || draft.shape(value)?.length !== 3) return null;
  const [joined = ''] = merge.inputs;
  const sizes = headSizes(draft, joined, channels);
  if (sizes === null) return null;
  if (onlyUser(draft, joined) === null) return null;
  const product = transposedBy(draft, joined, '0,2,1,3');
  const matMul = product === null ? undefined : draft.producer(product);
  if (product === null || !is(matMul, 'MatMul') || onlyUser(draft, product) === null) return null;
  const split = transposedBy(draft, matMul.inputs[1] ?? '', '0,2,1,3');
  const heads = split === null ? null : headsOf(draft, split);
  if (heads === null || heads.channels !== channels || heads.width !== sizes.width) return null;
  // The same heads on both sides, or factors that do not depend on the head.
  const proven = heads.count !== null && heads.count === sizes.count;
  return { kind: 'value', first: heads.side, second, middle: null, period: proven ? null : sizes.width };
};

/** Q · Kᵀ: channel j of the queries times channel j of the keys. */
const queryOf = (draft: Draft, node: Node): Pair | null => {
  const unscaled = (value: string): string => {
    const maker = draft.producer(value);
    if (maker === undefined || maker.domain !== '' || (maker.op !== 'Mul' && maker.op !== 'Div')) return value;
    const factor = draft.constant(maker.inputs[1] ?? '');
    const single = factor !== null && factor.dims.every((dim) => dim === 1);
    return single && onlyUser(draft, value) !== null ? (maker.inputs[0] ?? value) : value;
  };
  const [left = '', right = ''] = node.inputs;
  const query = transposedBy(draft, unscaled(left), '0,2,1,3');
  const keyed = unscaled(right);
  const inner = transposedBy(draft, keyed, '0,1,3,2');
  const key =
    transposedBy(draft, keyed, '0,2,3,1') ?? (inner === null ? null : transposedBy(draft, unscaled(inner), '0,2,1,3'));
  const queries = query === null ? null : headsOf(draft, query);
  const keys = key === null ? null : headsOf(draft, key);
  if (queries === null || keys === null || queries.channels !== keys.channels || queries.width !== keys.width)
    return null;
  if (queries.side.weight.output === keys.side.weight.output) return null;
  const proven = queries.count !== null && queries.count === keys.count;
  return { kind: 'query', first: queries.side, second: keys.side, middle: null, period: proven ? null : queries.width };
};

const sharedWeight = (draft: Draft, { first, second, middle }: Pair): boolean =>
  [first, second, middle].some((side) => side !== null && draft.consumers(side.node.inputs[1] ?? '').length > 1);

/** All pairs of the graph in order; products without one are skipped on the draft with their reason. */
export const pairsOf = (draft: Draft, exclude: readonly string[]): Pair[] => {
  const found: Pair[] = [];
  for (const node of draft.nodes()) {
    if (node.domain !== '' || !['MatMul', 'Gemm', 'Conv'].includes(node.op)) continue;
    const computed = node.op === 'MatMul' && draft.constant(node.inputs[1] ?? '') === null;
    const pair = computed
      ? (queryOf(draft, node) ?? 'both operands are computed, and shapes do not prove them to be queries and keys')
      : chainOf(draft, node);
    if (typeof pair === 'string') draft.skip(node, pair);
    else if (sharedWeight(draft, pair))
      draft.skip(node, 'a weight has other users: balanced, it would be stored twice');
    else if (
      [pair.first.node, pair.second.node, pair.middle?.node].some((one) => one !== undefined && matches(one, exclude))
    )
      draft.skip(node, 'excluded by the exclude option');
    else found.push(pair);
  }
  return found;
};
