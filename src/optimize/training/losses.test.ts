import { expect, test } from 'vitest';
import type { Model, Value } from '../../contracts/index.ts';
import { parseText } from '../../model/graph/index.ts';
import { emitter, extend, type Emitter } from '../writing/emit.ts';
import {
  countRight,
  crossEntropy,
  distillation,
  hiddenStates,
  relations,
  relationScores,
  relativeSquare,
  softCrossEntropy,
  weightedCrossEntropy,
  weightedSum,
} from './losses.ts';
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

/** The value of a loss over [1, 2, 4] values, a mask [1, 2] and scores [2, 3] by hand. */
const inner = async (write: (to: Emitter) => string): Promise<number> => {
  const source = parseText(`
    s: float32[B, T, 4]; t: float32[B, T, 4]; m: float32[B, T]; y: float32[N, 3]; labels: int64[N]; w: float32[N]
    n1 = Neg(s); n2 = Neg(t); n3 = Neg(m); n4 = Neg(y); n5 = Neg(labels); n6 = Neg(w)`);
  const to = emitter(source);
  const name = write(to);
  const model = extend(source, to);
  const run = await evaluate({ ...model, graph: { ...model.graph, outputs: [{ name, type: null }] } });
  const floats = (dims: number[], ...data: number[]): Value => ({
    dtype: 'float32',
    dims,
    data: Float32Array.from(data),
  });
  const outputs = await run({
    s: floats([1, 3, 4], 1, 0, 2, 0, 0, 1, 0, 2, 9, 9, 9, 9),
    t: floats([1, 3, 4], 1, 2, 0, 0, 0, 1, 1, 1, -9, -9, -9, -9),
    m: floats([1, 3], 1, 1, 0),
    y: floats([2, 3], 0, 0, 0, 1, 2, 3),
    labels: { dtype: 'int64', dims: [2], data: BigInt64Array.of(1n, -1n) },
    w: floats([2], 1, 0),
  });
  return Number(outputs[name]!.data[0]);
};

test('cross-entropy of weighted rows: a label of −1 with weight 0 does not count', async () => {
  expect(await inner((to) => weightedCrossEntropy(to, 'y', 'labels', 'w', 3, 0))).toBeCloseTo(Math.log(3), 6);
  // No row has a weight: 0, not 0/0.
  const nothing = (to: Emitter): string =>
    weightedCrossEntropy(to, 'y', 'labels', to.emit('Mul', ['w', to.scalar('float32', 0)]), 3, 0);
  expect(await inner(nothing)).toBe(0);
});

test('hidden states: mean square over the width, then over the tokens that count', async () => {
  // Token 1: (0 + 4 + 4 + 0) / 4 = 2; token 2: (0 + 0 + 1 + 1) / 4 = 0.5; token 3 is padding.
  expect(await inner((to) => hiddenStates(to, 's', 't', 'm'))).toBeCloseTo(1.25, 6);
});

test('relations: KL over the tokens that count, mean over heads', async () => {
  const scores = (to: Emitter, x: string): string => relationScores(to, x, x, 'm', 2, 2);
  const loss = await inner((to) => relations(to, scores(to, 's'), scores(to, 't'), 'm'));
  // x·xᵀ/√2 of two heads of two columns, two tokens: each row has two entries, so its distribution is a sigmoid of their difference.
  const kl = (own: readonly [number, number], theirs: readonly [number, number]): number => {
    const p = 1 / (1 + Math.exp((theirs[1] - theirs[0]) / Math.SQRT2));
    const q = 1 / (1 + Math.exp((own[1] - own[0]) / Math.SQRT2));
    return p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
  };
  // Head 1: s has (1,0), (0,1): products 1, 0 | 0, 1; t has (1,2), (0,1): 5, 2 | 2, 1.
  // Head 2: s has (2,0), (0,2): 4, 0 | 0, 4; t has (0,0), (1,1): 0, 0 | 0, 2.
  const expected = (kl([1, 0], [5, 2]) + kl([0, 1], [2, 1]) + kl([4, 0], [0, 0]) + kl([0, 4], [0, 2])) / 4;
  expect(loss).toBeCloseTo(expected, 5);
});

test('relative square and weighted sums', async () => {
  // 10 + (18² · 4) over 9 + 9² · 4, with the third token counting here.
  expect(await inner((to) => relativeSquare(to, 's', 't'))).toBeCloseTo((10 + 4 * 324) / (5 + 3 + 324), 4);
  const one = (to: Emitter): string => to.emit('ReduceSum', ['w'], { keepdims: { kind: 'int', value: 0n } });
  expect(
    await inner((to) =>
      weightedSum(to, [
        [one(to), 2],
        [one(to), 0],
        [one(to), 0.5],
      ]),
    ),
  ).toBe(2.5);
});
