import type { TestFile } from './schema.ts';

/** One version's answer on one text. */
export interface Answer {
  /** Index of the answer. */
  readonly predicted: number;
  /** Probability per label. */
  readonly confidence: ArrayLike<number>;
}

const defaultTolerance = 0.1;
/** Probabilities are sums of single-precision numbers: a distance equal to the tolerance must not fail by their last digit. */
const rounding = 1e-6;

/** Whether a variant does as the test expects; null where it could not have failed. */
const judgeVariant = (
  test: Exclude<TestFile, { type: 'MFT' }>,
  labels: readonly string[],
  before: Answer,
  after: Answer,
): boolean | null => {
  if (test.type === 'INV') {
    if (after.predicted === before.predicted) return true;
    const moved = after.confidence[before.predicted]! - before.confidence[before.predicted]!;
    return Math.abs(moved) <= (test.tolerance ?? defaultTolerance) + rounding;
  }
  const { expect } = test;
  if ('becomes' in expect) return [expect.becomes].flat().includes(labels[after.predicted]!);
  if ('leaves' in expect)
    return labels[before.predicted] === expect.leaves ? labels[after.predicted] !== expect.leaves : null;
  const label = expect.label === undefined ? before.predicted : labels.indexOf(expect.label);
  const tolerance = expect.tolerance ?? defaultTolerance;
  const [was, is] = [before.confidence[label]!, after.confidence[label]!];
  if (expect.goes === 'up') return was <= tolerance ? null : is - was >= -tolerance - rounding;
  return was >= 1 - tolerance ? null : is - was <= tolerance + rounding;
};

/** Whether a case passes: the right answer (MFT), or every variant as expected (INV, DIR). Null: no variant could have failed, so the case does
 *  not count. `variants` are the answers on the changed texts. Source: CheckList (Ribeiro et al. 2020): test_types.py, expect.py. */
export const judgeCase = (
  test: TestFile,
  labels: readonly string[],
  original: Answer,
  variants: readonly Answer[],
): boolean | null => {
  if (test.type === 'MFT') return [test.label].flat().includes(labels[original.predicted]!);
  const judged = variants.map((variant) => judgeVariant(test, labels, original, variant)).filter((one) => one !== null);
  return judged.length === 0 ? null : judged.every(Boolean);
};
