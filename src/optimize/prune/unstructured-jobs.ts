import { gzipSync } from 'node:zlib';
import { factor } from '../algebra/propagation.ts';
import { markPattern, type Pattern } from './unstructured-pattern.ts';
import { scoresOf } from './unstructured-scores.ts';
import { scoreHistogram } from './unstructured-shares.ts';
import { sparsify } from './unstructured-sparsegpt.ts';

/** Bytes that are compressed to see what compression gains. */
const sampleBytes = 1 << 18;

export interface SparseInput {
  /** [k, n]. */
  readonly weight: Float32Array;
  readonly n: number;
  readonly pattern: Pattern;
  /** Σ x² of each input [k], for Wanda; null: none. */
  readonly squares: Float64Array | null;
  /** Σ xᵀx [k, k], for SparseGPT; null: weights are only dropped, not updated. */
  readonly gram: Float32Array | null;
  readonly damping: number;
}

export interface Sparse {
  /** [k, n]. Empty when the gram holds NaN or infinity. */
  readonly weight: Float32Array;
  readonly zeros: number;
  /** gzip's size of the first bytes of it, as a share of them. */
  readonly zipped: number;
}

const dropped = ({ weight, n, pattern, squares, gram, damping }: SparseInput): Float32Array | null => {
  if (gram !== null) {
    const found = factor({ gram, k: weight.length / n, damping, actOrder: false, inputScale: null });
    return found === null ? null : sparsify(weight, n, found, pattern);
  }
  const marks = new Uint8Array(weight.length);
  markPattern(scoresOf(weight, n, squares), n, pattern, marks);
  return weight.map((value, at) => (marks[at] === 1 ? 0 : value));
};

/** Drop weights of one matrix. */
export const sparseJob = (input: SparseInput): Sparse => {
  const weight = dropped(input);
  if (weight === null) return { weight: new Float32Array(0), zeros: 0, zipped: 1 };
  let zeros = 0;
  for (let i = 0; i < weight.length; i++) if (weight[i] === 0) zeros++;
  const sample = new Uint8Array(weight.buffer, weight.byteOffset, Math.min(sampleBytes, weight.byteLength));
  return { weight, zeros, zipped: gzipSync(sample).byteLength / sample.byteLength };
};

/** `scoreHistogram` of a matrix. */
export const histogramJob = ({
  weight,
  n,
  squares,
}: {
  readonly weight: Float32Array;
  readonly n: number;
  readonly squares: Float64Array | null;
}): { readonly counts: Float64Array } => ({ counts: scoreHistogram(scoresOf(weight, n, squares)) });
