import { expect, test } from 'vitest';
import type { Model, Value } from '../../contracts/index.ts';
import { parseText } from '../../model/graph/index.ts';
import { emitter, extend, type Emitter } from './emit.ts';
import { countRight, crossEntropy, distillation, softCrossEntropy } from './losses.ts';
import { evaluate } from './testing/differences.ts';

const base = 'a: float32[N, 3]; b: float32[N, 3]; labels: int64[N]; none = Neg(a); n2 = Neg(b); n3 = Neg(labels)';
const values = async (
  write: (to: Emitter) => string,
  feeds: Readonly<Record<string, readonly number[]>>,
): Promise<number> => {
  const source: Model = parseText(base);
  const to = emitter(source);
  const name = write(to);
  const model = extend(source, to);
  const run = await evaluate({ ...model, graph: { ...model.graph, outputs: [{ name, type: null }] } });
  const two = (data: readonly number[]): Value => ({ dtype: 'float32', dims: [2, 3], data: Float32Array.from(data) });
  const labels = BigInt64Array.from(feeds['labels'] ?? [0, 0], BigInt);
  const zeros = [0, 0, 0, 0, 0, 0];
  const outputs = await run({
    a: two(feeds['a'] ?? zeros),
    b: two(feeds['b'] ?? zeros),
    labels: { dtype: 'int64', dims: [2], data: labels },
  });
  return Number((outputs[name]!.data as Float32Array)[0]);
};

const a = [1, 2, 0.5, -1, 0, 3];
const b = [0.2, 0.1, 0.7, 1, 1, -2];

test('cross-entropy of equal logits is ln of the number of classes', async () => {
  expect(await values((to) => crossEntropy(to, 'a', 'labels', 3, 0), {})).toBeCloseTo(Math.log(3), 6);
});

const logSoftmax = (row: readonly number[]): number[] => {
  const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
  return row.map((x) => x - total);
};
const rows = (flat: readonly number[]): number[][] => [flat.slice(0, 3), flat.slice(3)].map((row) => [...row]);

test.each([0, 0.1, 0.5])('cross-entropy with smoothing %d', async (smoothing) => {
  const labels = [1, 0];
  const expected =
    rows(a)
      .map(logSoftmax)
      .map((row, i) => row.reduce((sum, p, j) => sum - p * ((j === labels[i] ? 1 - smoothing : 0) + smoothing / 3), 0))
      .reduce((sum, x) => sum + x, 0) / 2;
  expect(await values((to) => crossEntropy(to, 'a', 'labels', 3, smoothing), { a, labels })).toBeCloseTo(expected, 5);
});

test('distillation is 0 for equal answers, and the KL divergence times T² for others', async () => {
  expect(await values((to) => distillation(to, 'a', 'b', 2), { a, b: a })).toBeCloseTo(0, 6);
  const soft = (flat: readonly number[]): number[][] => rows(flat.map((x) => x / 2)).map(logSoftmax);
  const [student, teacher] = [soft(a), soft(b)];
  const kl = teacher.map((row, i) => row.reduce((sum, t, j) => sum + Math.exp(t) * (t - student[i]![j]!), 0));
  expect(await values((to) => distillation(to, 'a', 'b', 2), { a, b })).toBeCloseTo((4 * (kl[0]! + kl[1]!)) / 2, 5);
});

test('soft targets that are one-hot give plain cross-entropy', async () => {
  const target = [0, 1, 0, 1, 0, 0];
  const soft = await values((to) => softCrossEntropy(to, 'a', 'b'), { a, b: target });
  expect(soft).toBeCloseTo(await values((to) => crossEntropy(to, 'a', 'labels', 3, 0), { a, labels: [1, 0] }), 6);
});

test('counts right answers', async () => {
  expect(await values((to) => countRight(to, 'a', 'labels'), { a, labels: [1, 2] })).toBe(2);
  expect(await values((to) => countRight(to, 'a', 'labels'), { a, labels: [1, 0] })).toBe(1);
});
