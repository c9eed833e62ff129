import { expect, test } from 'vitest';
import { signedRanks } from './golden.ts';
import { wilcoxonSignedRank } from './signed-rank.ts';

// Golden values: scipy 1.17.1, wilcoxon(method="exact"), with ties PermutationMethod over all signs, beyond 50 method="approx".
test('exact, without and with ties', () => {
  const plain = wilcoxonSignedRank(signedRanks[0].differences);
  expect(plain).toMatchObject({ positive: 61, negative: 17, n: 12 });
  expect(plain.p).toBeCloseTo(signedRanks[0].p, 12);
  expect(plain.pPositive).toBeCloseTo(0.046142578125, 12);
  const tied = wilcoxonSignedRank(signedRanks[1].differences);
  expect(tied).toMatchObject({ negative: 13.5, n: 12 });
  expect(tied.p).toBeCloseTo(signedRanks[1].p, 12);
});

test('many differences: normal approximation with the correction for ties', () => {
  const differences = Array.from({ length: 60 }, (_, i) => (((i * 29) % 61) - 25) / 7);
  const result = wilcoxonSignedRank(differences);
  expect(result.negative).toBe(619);
  expect(result.p).toBeCloseTo(0.04465038950745424, 12);
});

test('exact and approximate agree where they meet', () => {
  const differences = Array.from({ length: 50 }, (_, i) => ((i * 31) % 53) - 20.5);
  const exact = wilcoxonSignedRank(differences);
  const approximate = wilcoxonSignedRank([...differences, 0.01]);
  expect(approximate.n).toBe(51);
  expect(Math.abs(exact.p - approximate.p)).toBeLessThan(0.01);
});

test('no difference, no claim', () => {
  expect(wilcoxonSignedRank([0, 0, 0])).toEqual({ positive: 0, negative: 0, n: 0, p: 1, pPositive: 1 });
  expect(wilcoxonSignedRank([])).toMatchObject({ p: 1 });
  expect(wilcoxonSignedRank([2]).p).toBe(1);
  expect(wilcoxonSignedRank([1, 1, 1, 1, 1]).pPositive).toBeCloseTo(1 / 32, 12);
});
