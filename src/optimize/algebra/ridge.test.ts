import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { dampedFactor, fit, solveFactored, thin } from './ridge.ts';

const normal = (count: number, label: string): Float32Array => {
  const random = seeded(3, label);
  return Float32Array.from({ length: count }, () => random.normal());
};

/** Σ zᵀ[z, y], z = [x, 1]. */
const momentsOf = (x: Float32Array, k: number, y: Float32Array, n: number) => {
  const size = k + 1;
  const moments = new Float32Array(size * size);
  const cross = new Float32Array(size * n);
  let square = 0;
  for (let row = 0; row < x.length / k; row++) {
    const z = [...x.subarray(row * k, row * k + k), 1];
    const t = y.subarray(row * n, row * n + n);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) moments[i * size + j]! += z[i]! * z[j]!;
      for (let c = 0; c < n; c++) cross[i * n + c]! += z[i]! * t[c]!;
    }
    square += t.reduce((sum, value) => sum + value * value, 0);
  }
  return { moments, cross, square };
};

const product = (x: Float32Array, k: number, w: Float32Array, n: number): Float32Array => {
  const rows = x.length / k;
  const y = new Float32Array(rows * n);
  for (let r = 0; r < rows; r++)
    for (let j = 0; j < k; j++) for (let c = 0; c < n; c++) y[r * n + c]! += x[r * k + j]! * w[j * n + c]!;
  return y;
};

test('solves a factored system', () => {
  const [k, n] = [7, 3];
  const x = normal(40 * k, 'rows');
  const gram = new Float64Array(k * k);
  for (let r = 0; r < 40; r++)
    for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) gram[i * k + j]! += x[r * k + i]! * x[r * k + j]!;
  const { factor } = dampedFactor(gram, k, 0, 0)!;
  const b = Float64Array.from(normal(k * n, 'right side'));
  const answer = b.slice();
  solveFactored(factor, k, answer, n);
  for (let i = 0; i < k; i++)
    for (let c = 0; c < n; c++) {
      let sum = 0;
      for (let j = 0; j < k; j++) sum += gram[i * k + j]! * answer[j * n + c]!;
      expect(sum).toBeCloseTo(b[i * n + c]!, 8);
    }
});

test('a row that is a sum of others costs nothing when it goes', () => {
  const [rows, k, n] = [50, 5, 3];
  const x = normal(rows * k, 'inputs');
  for (let r = 0; r < rows; r++) x[r * k + 4] = 2 * x[r * k]! - x[r * k + 2]! + 0.5;
  const weight = normal(k * n, 'weight');
  const { moments } = momentsOf(x, k, new Float32Array(rows * n), n);
  const found = thin({ moments, weight, k, n, kept: [0, 1, 2, 3], damping: 0, bias: true });
  expect(found.before).toBeGreaterThan(0.3);
  expect(found.after).toBeLessThan(1e-3);
  for (let c = 0; c < n; c++) {
    expect(found.weight[c]).toBeCloseTo(weight[c]! + 2 * weight[4 * n + c]!, 3);
    expect(found.weight[2 * n + c]).toBeCloseTo(weight[2 * n + c]! - weight[4 * n + c]!, 3);
    expect(found.shift[c]).toBeCloseTo(0.5 * weight[4 * n + c]!, 3);
  }
});

test('the errors it states are those of the rows', () => {
  const [rows, k, n] = [60, 8, 4];
  const x = normal(rows * k, 'more inputs');
  for (let r = 0; r < rows; r++) for (let j = 4; j < k; j++) x[r * k + j]! += 0.8 * x[r * k + j - 4]!;
  const weight = normal(k * n, 'more weight');
  const whole = product(x, k, weight, n);
  const { moments } = momentsOf(x, k, whole, n);
  const kept = [0, 2, 3, 5, 6];
  const found = thin({ moments, weight, k, n, kept, damping: 1e-3, bias: true });
  const part = Float32Array.from({ length: rows * kept.length }, (_, i) => x[Math.floor(i / 5) * k + kept[i % 5]!]!);
  const errorOf = (w: Float32Array, shift: Float32Array): number => {
    const y = product(part, 5, w, n);
    let [error, size] = [0, 0];
    whole.forEach((value, i) => {
      error += (value - y[i]! - shift[i % n]!) ** 2;
      size += value ** 2;
    });
    return Math.sqrt(error / size);
  };
  const plain = Float32Array.from({ length: 5 * n }, (_, i) => weight[kept[Math.floor(i / n)]! * n + (i % n)]!);
  expect(found.before).toBeCloseTo(errorOf(plain, new Float32Array(n)), 4);
  expect(found.after).toBeCloseTo(errorOf(found.weight, found.shift), 4);
  expect(found.after).toBeLessThan(found.before);
  // Without λ no other rows do better.
  const best = thin({ moments, weight, k, n, kept, damping: 0, bias: true });
  for (const step of [1e-2, -1e-2]) {
    const moved = best.weight.slice();
    moved[7]! += step;
    expect(errorOf(moved, best.shift)).toBeGreaterThan(errorOf(best.weight, best.shift));
  }
});

test('fits a layer to wanted outputs, and stays where it is when there is nothing to learn from', () => {
  const [rows, k, n] = [80, 6, 3];
  const x = normal(rows * k, 'fit inputs');
  const wanted = normal(k * n, 'wanted');
  const y = product(x, k, wanted, n).map((value, i) => value + (i % n));
  const start = normal(k * n, 'start');
  const found = fit({
    ...momentsOf(x, k, y, n),
    weight: start,
    bias: new Float32Array(n),
    k,
    n,
    damping: 0,
    free: true,
  });
  found.weight.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 3));
  found.bias.forEach((value, c) => expect(value).toBeCloseTo(c, 3));
  expect(found.before).toBeGreaterThan(0.5);
  expect(found.after).toBeLessThan(1e-3);
  const nothing = fit({
    moments: new Float32Array(49),
    cross: new Float32Array(7 * n),
    square: 0,
    weight: start,
    bias: new Float32Array(n),
    k,
    n,
    damping: 1e-3,
    free: true,
  });
  expect(nothing.weight).toEqual(start);
});

test('what is not finite is left alone', () => {
  const moments = new Float32Array(9).fill(Number.NaN);
  const found = thin({ moments, weight: Float32Array.of(1, 2), k: 2, n: 1, kept: [1], damping: 0.01, bias: false });
  expect(found.solved).toBe(false);
  expect([...found.weight]).toEqual([2]);
});
