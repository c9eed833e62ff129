import { expect, test } from 'vitest';
import { parseText } from '../../../model/graph/index.ts';
import { emitter } from '../../writing/emit.ts';
import { differentiate } from '../gradient.ts';
import { gradientError } from '../testing/differences.ts';

const f = 'float64';
test.each([
  [
    'rows used several times, one counted from the end',
    `t: ${f}[6, 4]; i = int64[2, 3] {0, 5, 2, 2, 2, -1}; r = Gather(t, i); y = Mul(r, r); -> y: ${f}[2, 3, 4]`,
  ],
  [
    'an inner axis',
    `t: ${f}[6, 4]; i = int64[3] {3, 3, 0}; r = Gather(t, i) {axis: -1}; y = Mul(r, r); -> y: ${f}[6, 3]`,
  ],
  ['one place only', `t: ${f}[6, 4]; i = int64[] {1}; r = Gather(t, i) {axis: 1}; y = Mul(r, r); -> y: ${f}[6]`],
  [
    'one place, counted from the end',
    `t: ${f}[N, 4]; i = int64[] {-2}; r = Gather(t, i) {axis: 1}; y = Mul(r, r); -> y: ${f}[N]`,
  ],
  ['a vector of one place', `t: ${f}[6, 4]; i = int64[1] {4}; r = Gather(t, i); y = Mul(r, r); -> y: ${f}[1, 4]`],
  ['int32 indices', `t: ${f}[6, 4]; i = int32[2] {1, 1}; r = Gather(t, i); y = Mul(r, r); -> y: ${f}[2, 4]`],
  [
    'sizes known at run time',
    `t: ${f}[N, M]; i = int64[2] {1, 1}; r = Gather(t, i) {axis: 1}; y = Mul(r, r); -> y: ${f}[N, 2]`,
  ],
  [
    'GatherElements',
    `t: ${f}[6, 4]; i = int64[2, 4] {0, 1, 2, 3, 0, 0, 5, 3}; r = GatherElements(t, i); y = Mul(r, r); -> y: ${f}[2, 4]`,
  ],
  [
    'GatherElements along the last axis, of a part',
    `t: ${f}[6, 4]; i = int64[2, 3] {0, 0, -1, 2, 2, 2}; r = GatherElements(t, i) {axis: 1}; y = Mul(r, r); -> y: ${f}[2, 3]`,
  ],
  [
    'GatherND of numbers',
    `t: ${f}[6, 4]; i = int64[3, 2] {0, 1, 5, 3, 0, 1}; r = GatherND(t, i); y = Mul(r, r); -> y: ${f}[3]`,
  ],
  [
    'GatherND of rows',
    `t: ${f}[6, 4]; i = int64[3, 1] {0, -1, 0}; r = GatherND(t, i); y = Mul(r, r); -> y: ${f}[3, 4]`,
  ],
  [
    'GatherND with a batch',
    `t: ${f}[6, 4]; i = int64[6, 1] {0, 1, 2, 3, 0, 1}; r = GatherND(t, i) {batch_dims: 1}; y = Mul(r, r); -> y: ${f}[6]`,
  ],
  ['TopK', `t: ${f}[6, 4]; k = int64[1] {2}; r, i = TopK(t, k); y = Mul(r, r); -> y: ${f}[6, 2]`],
  [
    'TopK, the smallest along the first axis',
    `t: ${f}[6, 4]; k = int64[1] {3}; r, i = TopK(t, k) {axis: 0, largest: 0}; y = Mul(r, r); -> y: ${f}[3, 4]`,
  ],
  ['Compress', `t: ${f}[6, 4]; k = bool[3] {1, 0, 1}; r = Compress(t, k) {axis: 1}; y = Mul(r, r); -> y: ${f}[6, 2]`],
])('%s', async (_, text) => {
  // Before operator set 16 ScatterElements cannot add.
  for (const opset of [13, 18])
    expect(await gradientError({ text, shapes: { t: [6, 4] }, opset }), String(opset)).toBeLessThan(1e-6);
});

test.each([
  `i = int64[2, 2] {0, 3, 1, 2}; r = ScatterElements(t, i, u) {axis: 1}`,
  `i = int64[2, 2] {0, 0, 1, -1}; r = ScatterElements(t, i, u) {axis: 1, reduction: "add"}`,
  `i = int64[2, 2, 2] {0, 3, 1, 2, 0, 0, 2, 2}; r = ScatterND(t, i, u)`,
  `i = int64[2, 2, 2] {0, 3, 0, 3, 0, 0, 2, 2}; r = ScatterND(t, i, u) {reduction: "add"}`,
])('%s', async (line) => {
  const text = `t: ${f}[3, 4]; u: ${f}[2, 2]; ${line}; y = Mul(r, r); -> y: ${f}[3, 4]`;
  const opsets = line.includes('add') ? [16, 18] : [13, 18];
  for (const opset of opsets)
    expect(await gradientError({ text, shapes: { t: [3, 4], u: [2, 2] }, opset })).toBeLessThan(1e-6);
});

test('OneHot hands gradients to its two values', async () => {
  const text = `v: float32[2]; i = int64[3] {0, 2, -1}; d = int64[] {4}; y = OneHot(i, d, v) {axis: 0}; -> y: float32[4, 3]`;
  expect(await gradientError({ text, shapes: { v: [2] } })).toBeLessThan(3e-4);
});

test('other reductions are refused', () => {
  const model = parseText(
    'opset 18; t: float32[3]; u: float32[1]; i = int64[1] {0}; r = ScatterElements(t, i, u) {reduction: "max"}; y = ReduceSum(r) {keepdims: 0}; -> y: float32[]',
  );
  expect(() => differentiate(model, 'y', ['u'], emitter(model))).toThrow('reduces by "max"');
});

test('nothing flows to the indices', async () => {
  await expect(
    gradientError({
      text: `t: ${f}[6, 4]; k: ${f}[2]; i = Cast(k) {to: 7}; r = Gather(t, i); -> r: ${f}[2, 4]`,
      shapes: { t: [6, 4], k: [2] },
      by: ['k'],
    }),
  ).rejects.toThrow('no gradient by k');
});
