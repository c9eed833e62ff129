import { describe, expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { factor } from '../algebra/propagation.ts';
import { correlatedRows, gramOf, normals, outputError } from '../quantize/blocks/testing/matrices.ts';
import { markPattern, type Pattern } from './unstructured-pattern.ts';
import { scoresOf } from './unstructured-scores.ts';
import { sparsify } from './unstructured-sparsegpt.ts';

const gramFor = (k: number): Float32Array =>
  gramOf(correlatedRows(2 * k, k, { rank: Math.ceil(k / 2), own: 0.2, spread: 0.3 }, seeded(1, `${k}`)), k);
const factored = (gram: Float32Array, k: number) =>
  factor({ gram, k, damping: 0.01, actOrder: false, inputScale: null })!;

/** The paper's algorithm with U of H⁻¹ = UᵀU, blocks of 128, and no shortcut. */
const paper = (gram: Float32Array, weight: Float32Array, k: number, n: number, pattern: Pattern): Float64Array => {
  const h = Float64Array.from(gram);
  let mean = 0;
  for (let i = 0; i < k; i++) mean += h[i * (k + 1)]! / k;
  for (let i = 0; i < k; i++) h[i * (k + 1)]! += 0.01 * mean;
  const inverse = new Float64Array(k * k);
  for (let i = 0; i < k; i++) inverse[i * (k + 1)] = 1;
  for (let p = 0; p < k; p++) {
    const pivot = h[p * (k + 1)]!;
    for (let j = 0; j < k; j++) {
      h[p * k + j]! /= pivot;
      inverse[p * k + j]! /= pivot;
    }
    for (let i = 0; i < k; i++) {
      if (i === p) continue;
      const by = h[i * k + p]!;
      for (let j = 0; j < k; j++) {
        h[i * k + j]! -= by * h[p * k + j]!;
        inverse[i * k + j]! -= by * inverse[p * k + j]!;
      }
    }
  }
  const u = new Float64Array(k * k);
  for (let i = 0; i < k; i++)
    for (let j = i; j < k; j++) {
      let sum = inverse[i * k + j]!;
      for (let p = 0; p < i; p++) sum -= u[p * k + i]! * u[p * k + j]!;
      u[i * k + j] = i === j ? Math.sqrt(sum) : sum / u[i * k + i]!;
    }
  const w = Float64Array.from(weight);
  const dropped = new Uint8Array(k * n);
  const step = pattern.kind === 'group' ? pattern.of : 128;
  for (let i = 0; i < k; i++) {
    if (i % step === 0) {
      const end = Math.min(k, i + step);
      const scores = w.slice(i * n, end * n).map((value, at) => (value / u[(i + Math.floor(at / n)) * (k + 1)]!) ** 2);
      markPattern(scores, n, pattern, dropped.subarray(i * n, end * n));
    }
    for (let column = 0; column < n; column++) {
      const value = dropped[i * n + column] === 1 ? 0 : w[i * n + column]!;
      const error = (w[i * n + column]! - value) / u[i * (k + 1)]!;
      w[i * n + column] = value;
      for (let j = i + 1; j < k; j++) w[j * n + column]! -= u[i * k + j]! * error;
    }
  }
  return w;
};

const patterns: readonly Pattern[] = [
  { kind: 'share', share: 0.5, within: 'output' },
  { kind: 'share', share: 0.7, within: 'layer' },
  { kind: 'group', keep: 2, of: 4 },
  { kind: 'group', keep: 4, of: 8 },
];

describe.each([
  [40, 5],
  [200, 6],
])('K=%i N=%i: the weights of the paper’s algorithm', (k, n) => {
  const gram = gramFor(k);
  const weight = normals(k * n, `sparse ${k}`);
  test.each(patterns)('%o', (pattern) => {
    const ours = sparsify(weight, n, factored(gram, k), pattern);
    const theirs = paper(gram, weight, k, n, pattern);
    // Two scores may be so close that rounding decides.
    const different = ours.reduce((count, value, at) => count + (Math.abs(value - theirs[at]!) < 1e-3 ? 0 : 1), 0);
    expect(different / ours.length).toBeLessThan(0.01);
    expect(ours.filter((value) => value === 0).length).toBe(theirs.filter((value) => value === 0).length);
  });
});

test('it loses less than dropping the same number without an update', () => {
  const [k, n] = [96, 32];
  const gram = gramFor(k);
  const weight = normals(k * n, 'compare');
  const squares = Float64Array.from({ length: k }, (_, i) => gram[i * (k + 1)]!);
  for (const pattern of patterns) {
    const dropWith = (by: Float64Array | null): Float32Array => {
      const marks = new Uint8Array(k * n);
      markPattern(scoresOf(weight, n, by), n, pattern, marks);
      return weight.map((value, at) => (marks[at] === 1 ? 0 : value));
    };
    const errorOf = (other: Float32Array): number => outputError(gram, weight, other, k);
    const [magnitude, wanda] = [errorOf(dropWith(null)), errorOf(dropWith(squares))];
    const sparsegpt = errorOf(sparsify(weight, n, factored(gram, k), pattern));
    expect(wanda).toBeLessThan(magnitude);
    expect(sparsegpt).toBeLessThan(wanda);
  }
});

test('independent inputs: the smallest go and nothing else changes; dead inputs go first', () => {
  const [k, n] = [16, 3];
  const gram = new Float32Array(k * k);
  for (let i = 0; i < k; i++) gram[i * (k + 1)] = i < 8 ? 2 : 0;
  const weight = normals(k * n, 'dead');
  const half = sparsify(weight, n, factored(gram, k), { kind: 'share', share: 0.5, within: 'output' });
  expect([...half.subarray(0, 8 * n)]).toEqual([...weight.subarray(0, 8 * n)]);
  expect(half.subarray(8 * n).every((value) => value === 0)).toBe(true);
});
