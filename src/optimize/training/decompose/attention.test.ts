import { expect, test } from 'vitest';
import type { Value } from '../../../contracts/index.ts';
import { parseText } from '../../../model/graph/index.ts';
import { emitter } from '../../writing/emit.ts';
import { differentiate } from '../gradient.ts';
import { gradientError } from '../testing/differences.ts';
import { decompositionError } from '../testing/same.ts';

const f = 'float32';
const ids = (dims: readonly number[], ...data: number[]): Value => ({
  dtype: 'int32',
  dims,
  data: Int32Array.from(data),
});

interface Case {
  readonly name: string;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly masks?: Readonly<Record<string, Value>>;
  readonly line: string;
  readonly outputs?: string;
  readonly opset?: number;
}

const q = [2, 3, 4];
const k = [2, 5, 4];
const own = { x: [2, 3, 4], w: [4, 12], b: [12] };
const heads4 = { q: [2, 2, 3, 2], k: [2, 2, 5, 2], v: [2, 2, 5, 3] };
const boolMask: Value = {
  dtype: 'bool',
  dims: [3, 5],
  data: Uint8Array.from([1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 0, 1, 1, 1, 1]),
};

const cases: readonly Case[] = [
  {
    name: 'MultiHeadAttention',
    inputs: { q, k, v: k },
    line: 'y = com.microsoft.MultiHeadAttention(q, k, v) {num_heads: 2}',
  },
  {
    name: 'MultiHeadAttention with biases, a mask of columns, a bias on the scores and values of another width',
    inputs: { q, k, v: [2, 5, 6], b: [14], s: [1, 2, 3, 5] },
    masks: { m: ids([2, 5], 1, 1, 1, 1, 0, 1, 1, 0, 0, 0) },
    line: 'y = com.microsoft.MultiHeadAttention(q, k, v, b, m, s) {num_heads: 2, mask_filter_value: -50.0}',
    outputs: 'y: float32[2, 3, 6]',
  },
  {
    name: 'MultiHeadAttention with lengths as mask and a scale',
    inputs: { q, k, v: k },
    masks: { m: ids([2], 4, 2) },
    line: 'y = com.microsoft.MultiHeadAttention(q, k, v, _, m) {num_heads: 2, scale: 0.3}',
  },
  {
    name: 'MultiHeadAttention, causal, behind a past',
    inputs: { q, k: q, v: q, pk: [2, 2, 2, 2], pv: [2, 2, 2, 2] },
    line: 'y, nk, nv = com.microsoft.MultiHeadAttention(q, k, v, _, _, _, pk, pv) {num_heads: 2, unidirectional: 1}',
    outputs: 'y: float32[2, 3, 4], nk: float32[2, 2, 5, 2], nv: float32[2, 2, 5, 2]',
  },
  {
    name: 'MultiHeadAttention with keys in heads',
    inputs: { q, k: [2, 2, 5, 2], v: [2, 2, 5, 2] },
    line: 'y = com.microsoft.MultiHeadAttention(q, k, v) {num_heads: 2}',
  },
  { name: 'Attention of ONNX Runtime', inputs: own, line: 'y = com.microsoft.Attention(x, w, b) {num_heads: 2}' },
  {
    name: 'Attention of ONNX Runtime, causal, with a mask of columns',
    inputs: own,
    masks: { m: ids([2, 3], 1, 1, 1, 1, 1, 0) },
    line: 'y = com.microsoft.Attention(x, w, b, m) {num_heads: 2, unidirectional: 1}',
  },
  {
    name: 'Attention of ONNX Runtime with widths of its own and a mask of rows',
    inputs: { x: [1, 3, 4], w: [4, 14], b: [14] },
    masks: { m: ids([1, 3, 3], 1, 1, 0, 0, 1, 1, 1, 1, 1) },
    line: 'y = com.microsoft.Attention(x, w, b, m) {num_heads: 2, qkv_hidden_sizes: [4, 4, 6]}',
    outputs: 'y: float32[1, 3, 6]',
  },
  {
    name: 'Attention of ONNX Runtime behind a past, which goes on',
    inputs: { ...own, p: [2, 2, 2, 2, 2] },
    line: 'y, n = com.microsoft.Attention(x, w, b, _, p) {num_heads: 2, unidirectional: 1}',
    outputs: 'y: float32[2, 3, 4], n: float32[2, 2, 2, 5, 2]',
  },
  {
    name: 'Attention of ONNX',
    inputs: heads4,
    line: 'y = Attention(q, k, v)',
    outputs: 'y: float32[2, 2, 3, 3]',
    opset: 23,
  },
  {
    name: 'Attention of ONNX with a mask of yes and no, and a cap',
    inputs: heads4,
    masks: { m: boolMask },
    line: 'y = Attention(q, k, v, m) {softcap: 2.0, scale: 0.7}',
    outputs: 'y: float32[2, 2, 3, 3]',
    opset: 23,
  },
  {
    name: 'Attention of ONNX with a mask of numbers, causal, packed, two queries for a key',
    inputs: { q: [2, 3, 8], k: [2, 3, 4], v: [2, 3, 4], m: [3, 3] },
    line: 'y = Attention(q, k, v, m) {q_num_heads: 4, kv_num_heads: 2, is_causal: 1}',
    outputs: 'y: float32[2, 3, 8]',
    opset: 23,
  },
];

const textOf = ({ inputs, masks = {}, line, outputs = 'y: float32[2, 3, 4]', opset = 17 }: Case): string => {
  const floats = Object.entries(inputs).map(([name, dims]) => `${name}: ${f}[${dims.join()}]`);
  const others = Object.entries(masks).map(([name, { dtype, dims }]) => `${name}: ${dtype}[${dims.join()}]`);
  return `opset ${opset}; ${[...floats, ...others].join('; ')}; ${line}; -> ${outputs}`;
};

test.each(cases)('$name', async (one) => {
  const text = textOf(one);
  expect(await decompositionError(text, one.inputs, one.masks)).toBeLessThan(2e-5);
  expect(await gradientError({ text, shapes: one.inputs, values: one.masks ?? {} })).toBeLessThan(4e-4);
});

test.each([
  ['has its query, key and value packed', 'y = com.microsoft.MultiHeadAttention(x) {num_heads: 2}'],
  ['rotates inside', 'y = com.microsoft.Attention(x, w) {num_heads: 2, do_rotary: 1}'],
  [
    'has a mask of begins and ends',
    'm = int32[8] {0, 0, 0, 0, 0, 0, 0, 0}; y = com.microsoft.Attention(x, w, _, m) {num_heads: 2}',
  ],
])('refuses what %s', (what, line) => {
  const model = parseText(
    `x: float32[2, 3, 4]; w: float32[4, 12]; ${line} as "look"; s = ReduceSum(y) {keepdims: 0}; -> s: float32[]`,
  );
  const wrong = (): unknown => differentiate(model, 's', ['x'], emitter(model));
  expect(wrong).toThrow(what);
  expect(wrong).toThrow('look');
});
