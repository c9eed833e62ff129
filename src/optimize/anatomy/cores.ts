import type { Node, Tensor } from '../../contracts/index.ts';
import { intOf, intsOf } from '../../model/graph/index.ts';
import type { Linear } from '../linear.ts';
import type { Layers } from './layers.ts';
import { projectionBehind } from './projections.ts';
import type { Columns } from './types.ts';
import {
  copies,
  isMicrosoft,
  isOp,
  lastOf,
  usersOf,
  type MicrosoftNode,
  type StandardNode,
  type View,
} from './walk.ts';

/** Attention without the projection behind it. */
export interface Core {
  readonly node: Node;
  readonly query: Columns;
  readonly key: Columns;
  readonly value: Columns;
  readonly heads: number;
  readonly keyHeads: number;
  readonly headWidth: number;
  /** All heads' results. */
  readonly result: string;
}

export type Found = { readonly core: Core } | { readonly reason: string } | null;

const isComputedProduct = (view: View, node: Node | undefined): node is StandardNode | MicrosoftNode =>
  (isOp(node, 'MatMul') || isMicrosoft(node, 'FusedMatMul')) &&
  node.inputs.slice(0, 2).every((name) => view.draft.constant(name) === null);

const elementwise = new Set(
  'Mul Div Add Sub Where Identity Cast Reshape Unsqueeze Squeeze Expand Clip Max Min Tanh'.split(' '),
);

/** The product of queries and keys behind the scores. */
const scoresBehind = (view: View, start: string): Node | string | null => {
  const found = new Set<Node>();
  const seen = new Set<string>();
  const queue = [start];
  for (let name = queue.pop(); name !== undefined && seen.size < 200; name = queue.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const node = view.draft.producer(name);
    if (isComputedProduct(view, node)) found.add(node);
    else if (node && node.domain === '' && elementwise.has(node.op))
      queue.push(...node.inputs.filter((one) => one !== ''));
  }
  const [only] = found;
  return found.size > 1 ? 'its scores come from more than one product' : (only ?? null);
};

/** The product with the values: behind Dropout, a guard against NaN, a mask of heads. */
const productBehind = (view: View, start: string, depth = 0): Node | null => {
  if (depth > 8) return null;
  for (const node of usersOf(view, start)) {
    if (isComputedProduct(view, node)) return node.inputs[0] === start ? node : null;
    const passes = isOp(node, 'Identity', 'Cast', 'Dropout', 'Where', 'Mul', 'Reshape', 'Unsqueeze', 'Squeeze');
    const next = passes ? productBehind(view, node.outputs[0] ?? '', depth + 1) : null;
    if (next) return next;
  }
  return null;
};

const sized = (
  view: View,
  parts: Pick<Core, 'node' | 'query' | 'key' | 'value' | 'result'>,
  headWidth: number,
  stated: { readonly heads?: number; readonly keyHeads?: number } = {},
): Found => {
  const widths = [parts.query, parts.key, parts.value].map(({ from, to }) => to - from);
  const [queries = 0, keys = 0, values = 0] = widths;
  if (widths.some((width) => width % headWidth !== 0 || width === 0))
    return { reason: `its projections of ${widths.join(', ')} columns are no whole number of heads of ${headWidth}` };
  if (keys !== values) return { reason: `its keys have ${keys} columns and its values ${values}` };
  const [heads, keyHeads] = [queries / headWidth, keys / headWidth];
  if (heads % keyHeads !== 0) return { reason: `${heads} heads do not share ${keyHeads} heads of keys evenly` };
  if ((stated.heads ?? heads) !== heads || (stated.keyHeads ?? keyHeads) !== keyHeads)
    return {
      reason: `its projections have columns for ${heads} and ${keyHeads} heads, and it computes ${stated.heads} and ${stated.keyHeads}: the columns are packed in a way that is not certain`,
    };
  return { core: { ...parts, heads, keyHeads, headWidth } };
};

const headsStated = (view: View, name: string): number | undefined => {
  const dims = view.sizes.dims(name);
  const heads = dims?.length === 4 ? dims[1] : null;
  return typeof heads === 'number' ? heads : undefined;
};

const spelledOut = (view: View, layers: Layers, softmax: Node): Found => {
  const scores = scoresBehind(view, softmax.inputs[0] ?? '');
  const product = productBehind(view, softmax.outputs[0] ?? '');
  if (scores === null || product === null) return null;
  if (typeof scores === 'string') return { reason: scores };
  const [q = '', k = ''] = scores.inputs;
  const v = product.inputs[1] ?? '';
  const query = projectionBehind(view, layers, q, 'queries');
  const key = projectionBehind(view, layers, k, 'keys');
  const value = projectionBehind(view, layers, v, 'values');
  for (const one of [query, key, value]) if (typeof one === 'string') return { reason: one };
  const headWidth = lastOf(view, v);
  if (headWidth === null) return { reason: 'the width of its heads is not known' };
  if (lastOf(view, q) !== headWidth)
    return { reason: `its queries are ${lastOf(view, q) ?? 'of unknown'} wide and its values ${headWidth}` };
  const heads = headsStated(view, q);
  return sized(
    view,
    {
      node: softmax,
      query: query as Columns,
      key: key as Columns,
      value: value as Columns,
      result: product.outputs[0] ?? '',
    },
    headWidth,
    heads === undefined ? {} : { heads },
  );
};

/** com.microsoft.Attention holds the packed projection itself. */
const packedLinear = (view: View, node: Node): Linear | string => {
  const [input = '', weightName = '', biasName = ''] = node.inputs;
  const weight: Tensor | null = view.draft.constant(weightName);
  if (weight?.dtype !== 'float32' || weight.dims.length !== 2) return 'its packed weight is no constant float32 matrix';
  const [k = 0, n = 0] = weight.dims;
  const bias = biasName === '' ? null : biasName;
  return { node, input, weightName, weight, batch: [], transB: false, k, n, alpha: 1, bias, beta: 1, activation: null };
};

const fusedAttention = (view: View, node: Node): Found => {
  const linear = packedLinear(view, node);
  if (typeof linear === 'string') return { reason: linear };
  const heads = intOf(node, 'num_heads', 0);
  const sizes = intsOf(node, 'qkv_hidden_sizes', null) ?? [linear.n / 3, linear.n / 3, linear.n / 3];
  const [q = 0, k = 0, v = 0] = sizes;
  if (heads < 1 || q + k + v !== linear.n) return { reason: 'its sizes do not fit its packed weight' };
  const bias = linear.bias !== null && view.draft.constant(linear.bias) ? linear.bias : null;
  const part = (from: number, to: number): Columns => ({ linear, from, to, bias, biasFrom: from, result: null });
  const parts = { query: part(0, q), key: part(q, q + k), value: part(q + k, linear.n) };
  return sized(view, { node, ...parts, result: node.outputs[0] ?? '' }, v / heads, { heads, keyHeads: heads });
};

const fusedHeads = (view: View, layers: Layers, node: Node): Found => {
  const [q = '', k = '', v = ''] = node.inputs;
  const grouped = node.op === 'GroupQueryAttention';
  const query = projectionBehind(view, layers, q, 'queries');
  if (typeof query === 'string') return { reason: query };
  const stated = isOp(node, 'Attention')
    ? { heads: intOf(node, 'q_num_heads', 0), keyHeads: intOf(node, 'kv_num_heads', 0) }
    : {
        heads: intOf(node, 'num_heads', 0),
        keyHeads: intOf(node, grouped ? 'kv_num_heads' : 'num_heads', 0),
      };
  const heads = stated.heads || headsStated(view, q) || 0;
  const keyHeads = stated.keyHeads || headsStated(view, k) || heads;
  if (heads < 1 || keyHeads < 1) return { reason: 'its number of heads is not known' };
  const result = node.outputs[0] ?? '';
  if (k === '' || v === '') {
    if (!grouped) return { reason: 'its queries, keys and values are packed head by head' };
    const headWidth = (query.to - query.from) / (heads + 2 * keyHeads);
    const cut = (from: number, size: number): Columns => ({
      ...query,
      from: query.from + from * headWidth,
      to: query.from + (from + size) * headWidth,
      biasFrom: query.biasFrom + from * headWidth,
    });
    const parts = { query: cut(0, heads), key: cut(heads, keyHeads), value: cut(heads + keyHeads, keyHeads) };
    return sized(view, { node, ...parts, result }, headWidth, { heads, keyHeads });
  }
  const key = projectionBehind(view, layers, k, 'keys');
  if (typeof key === 'string') return { reason: key };
  const value = projectionBehind(view, layers, v, 'values');
  if (typeof value === 'string') return { reason: value };
  const headWidth = (query.to - query.from) / heads;
  const packed = isMicrosoft(node, 'MultiHeadAttention') ? (node.inputs[3] ?? '') : '';
  if (packed === '') return sized(view, { node, query, key, value, result }, headWidth, { heads, keyHeads });
  if ([query, key, value].some(({ bias }) => bias !== null)) return { reason: 'its projections have two biases' };
  const bias = view.draft.constant(packed) ? packed : null;
  const at = (part: Columns, biasFrom: number): Columns => ({ ...part, bias, biasFrom, result: null });
  const [q1, k1] = [query.to - query.from, key.to - key.from];
  const parts = { query: at(query, 0), key: at(key, q1), value: at(value, q1 + k1) };
  return sized(view, { node, ...parts, result }, headWidth, { heads, keyHeads });
};

/** Attention at a node: its Softmax, or a fused operator. A reason where it looks like attention and is not certain. */
export const coreAt = (view: View, layers: Layers, node: Node): Found => {
  if (isOp(node, 'Softmax')) return spelledOut(view, layers, node);
  if (isMicrosoft(node, 'Attention')) return fusedAttention(view, node);
  if (isMicrosoft(node, 'MultiHeadAttention', 'GroupQueryAttention') || isOp(node, 'Attention'))
    return fusedHeads(view, layers, node);
  if (isMicrosoft(node, 'QAttention', 'DecoderMaskedMultiHeadAttention', 'PackedAttention'))
    return { reason: `${node.op} is not looked into` };
  return null;
};

/** The linear layer that takes all heads' results, behind what only rearranges them. */
export const outputBehind = (view: View, layers: Layers, start: string, depth = 0): Linear | null => {
  if (depth > 10) return null;
  for (const node of usersOf(view, start)) {
    const linear = layers.at(node);
    if (linear) return linear.input === start ? linear : null;
    const passes = copies(view, node) || isOp(node, 'Transpose', 'Reshape', 'Where', 'Squeeze', 'Unsqueeze');
    const next = passes ? outputBehind(view, layers, node.outputs[0] ?? '', depth + 1) : null;
    if (next) return next;
  }
  return null;
};
