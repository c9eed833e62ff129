import { describe, expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { correlatedRows, gramOf, normals, outputError } from '../quantize/blocks/testing/matrices.ts';
import { factorsOf, type Factors, type FactorsInput } from './factors.ts';

const productOf = ({ left, right, rank }: Factors, k: number, n: number, upTo = rank): Float32Array => {
  const product = new Float32Array(k * n);
  for (let i = 0; i < k; i++)
    for (let r = 0; r < upTo; r++) {
      const by = left[i * rank + r]!;
      for (let j = 0; j < n; j++) product[i * n + j]! += by * right[r * n + j]!;
    }
  return product;
};

const identity = (k: number): Float32Array => {
  const matrix = new Float32Array(k * k);
  for (let i = 0; i < k; i++) matrix[i * k + i] = 1;
  return matrix;
};

const factor = (input: Partial<FactorsInput> & Pick<FactorsInput, 'weight' | 'k' | 'n' | 'most'>): Factors =>
  factorsOf({ gram: null, damping: 1e-6, parts: Int32Array.of(input.n), error: null, ...input });

describe('K = 256, N = 512, rank 96, inputs from 64 sources', () => {
  const [k, n] = [256, 512];
  const gram = gramOf(correlatedRows(768, k, { rank: 64, own: 0.15, spread: 0 }, seeded(1, 'low rank')), k);
  const weight = normals(k * n, 'w');
  const plain = factor({ weight, k, n, most: 96 });
  const whitened = factor({ weight, gram, k, n, most: 96 });

  // A float64 computation on data of this kind gave 0.127 with whitening and 0.581 without.
  test('whitening loses far less than plain singular values', () => {
    const [ours, theirs] = [whitened, plain].map((one) => outputError(gram, weight, productOf(one, k, n), k));
    expect(theirs).toBeGreaterThan(0.5);
    expect(ours).toBeLessThanOrEqual(0.4 * theirs!);
    // The tail states the error that was made.
    expect(Math.sqrt(whitened.tails.at(-1)!)).toBeCloseTo(ours!, 3);
  });

  test('the first columns and rows are the factors of a smaller rank', () => {
    const own = productOf(factor({ weight, gram, k, n, most: 16 }), k, n);
    const first = productOf(whitened, k, n, 16);
    let worst = 0;
    own.forEach((value, at) => (worst = Math.max(worst, Math.abs(value - first[at]!))));
    expect(worst).toBeLessThan(1e-4);
    expect(Math.sqrt(whitened.tails[2]!)).toBeCloseTo(outputError(gram, weight, first, k), 3);
  });
});

test('no other choice of one matrix does better', () => {
  const [k, n] = [24, 32];
  const gram = gramOf(correlatedRows(96, k, { rank: 12, own: 0.15, spread: 0 }, seeded(1, 'best')), k);
  const weight = normals(k * n, 'best');
  const found = factor({ weight, gram, k, n, most: 8 });
  const best = outputError(gram, weight, productOf(found, k, n), k);
  for (let turn = 0; turn < 8; turn++) {
    const change = (values: Float32Array): Float32Array =>
      values.map((value, i) => value * (1 + 0.03 * (((i * 7919 + turn) % 11) / 5 - 1)));
    for (const other of [
      { ...found, right: change(found.right) },
      { ...found, left: change(found.left) },
    ])
      expect(outputError(gram, weight, productOf(other, k, n), k)).toBeGreaterThan(best);
  }
});

describe('both shapes', () => {
  test.each([
    [24, 40],
    [40, 24],
    [32, 32],
  ])('[%i, %i]: a weight of rank 8 comes back whole, with a gram and without', (k, n) => {
    const weight = productOf(
      {
        left: normals(k * 8, 'left'),
        right: normals(8 * n, 'right'),
        rank: 8,
        tails: new Float64Array(0),
        finite: true,
      },
      k,
      n,
    );
    for (const gram of [null, gramOf(normals(3 * k * k, 'rows'), k)]) {
      const found = factor({ weight, gram, k, n, most: 16, error: 1e-6 });
      expect(found.rank).toBe(8);
      const product = productOf(found, k, n);
      weight.forEach((value, i) => expect(product[i]!).toBeCloseTo(value, 4));
    }
  });

  test('tall and wide agree: the transposed weight has the same singular values', () => {
    const [k, n] = [40, 24];
    const weight = normals(k * n, 'w');
    const turned = Float32Array.from(weight, (_, at) => weight[(at % k) * n + Math.floor(at / k)]!);
    const [a, b] = [factor({ weight, k, n, most: 16 }), factor({ weight: turned, k: n, n: k, most: 16 })];
    a.tails.forEach((tail, i) => expect(tail).toBeCloseTo(b.tails[i]!, 12));
    const product = productOf(b, n, k);
    productOf(a, k, n).forEach((value, at) =>
      expect(product[(at % n) * k + Math.floor(at / n)]!).toBeCloseTo(value, 4),
    );
  });

  test.each([
    [24, 40],
    [40, 24],
  ])('[%i, %i]: equal and independent inputs are plain singular values', (k, n) => {
    const weight = normals(k * n, 'w');
    const plain = factor({ weight, k, n, most: 8 });
    const white = factor({ weight, gram: identity(k), k, n, most: 8 });
    white.tails.forEach((tail, i) => expect(tail).toBeCloseTo(plain.tails[i]!, 10));
  });

  test.each([
    [24, 40],
    [40, 24],
  ])('[%i, %i]: parts count the same whatever their size', (k, n) => {
    const weight = normals(k * n, 'w').map((value, at) => (at % n < 16 ? value : value * 1000));
    const own = factor({ weight, k, n, most: 16, parts: Int32Array.of(16, n) });
    const product = productOf(own, k, n);
    let [lost, all] = [0, 0];
    weight.forEach((value, at) => {
      if (at % n >= 16) return;
      lost += (value - product[at]!) ** 2;
      all += value * value;
    });
    expect(Math.sqrt(lost / all)).toBeLessThan(0.7);
    const careless = productOf(factor({ weight, k, n, most: 16 }), k, n);
    let gone = 0;
    weight.forEach((value, at) => (gone += at % n < 16 ? (value - careless[at]!) ** 2 : 0));
    expect(lost).toBeLessThan(0.8 * gone);
  });
});

describe('strange inputs', () => {
  test.each([
    [16, 40],
    [40, 16],
  ])('[%i, %i]: zeros, equal singular values, few rows, dead inputs', (k, n) => {
    const zeros = factor({ weight: new Float32Array(k * n), gram: identity(k), k, n, most: 8 });
    expect(productOf(zeros, k, n).every((value) => value === 0)).toBe(true);
    expect([...zeros.tails]).toEqual([0, 0]);

    const equal = new Float32Array(k * n);
    for (let i = 0; i < 16; i++) equal[i * n + i] = 2;
    const half = factor({ weight: equal, k, n, most: 8 });
    expect(half.tails[1]).toBeCloseTo(0.5, 12);

    const weight = normals(k * n, 'w');
    for (const gram of [gramOf(normals(2 * k, 'two rows'), k), new Float32Array(k * k)]) {
      const found = factor({ weight, gram, k, n, most: 8 });
      expect(found.finite).toBe(true);
      expect([...found.left, ...found.right].every(Number.isFinite)).toBe(true);
    }
    // Two rows of inputs: two directions are all that matters, and they are kept.
    const gram = gramOf(normals(2 * k, 'two rows'), k);
    expect(factor({ weight, gram, k, n, most: 8 }).tails[1]).toBeLessThan(1e-4);
  });

  test.each([
    [16, 40],
    [40, 16],
  ])('[%i, %i]: NaN and infinity are told', (k, n) => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const at of [0, 1]) {
        const gram = identity(k);
        gram[at] = gram[at * k] = bad;
        expect(factor({ weight: normals(k * n, 'w'), gram, k, n, most: 8 }).finite).toBe(false);
      }
      expect(factor({ weight: normals(k * n, 'w').fill(bad, 5, 6), k, n, most: 8 }).finite).toBe(false);
    }
  });

  test('an error that no rank keeps gives none, and says what is left', () => {
    const found = factor({ weight: normals(32 * 32, 'w'), k: 32, n: 32, most: 8, error: 0.01 });
    expect(found.rank).toBe(0);
    expect(found.left.length + found.right.length).toBe(0);
    expect(found.tails[1]).toBeGreaterThan(0.1);
  });
});
