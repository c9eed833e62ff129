import { expect, test } from 'vitest';
import { tooFew } from '../../contracts/index.ts';
import { seeded } from '../../statistics/index.ts';
import {
  accuracyUnderKinds,
  changedNotes,
  consistency,
  rightShares,
  rightThroughout,
  robustnessLoss,
  robustnessRatio,
  worstAccuracy,
  type Frame,
} from './measures.ts';
import { drawItems } from './resample.ts';
import type { Outcome, Variants } from './variants.ts';

const items = 200;
/** 1 for the items from … to. */
const range = (from: number, to: number): Uint8Array =>
  Uint8Array.from({ length: items }, (_, item) => (item >= from && item < to ? 1 : 0));
const outcome = (clean: Uint8Array, ...right: Uint8Array[]): Outcome => ({
  clean,
  kinds: right.map((one) => ({ right: one, kept: one.map((value, item) => (value === clean[item] ? 1 : 0)) })),
});
const variants: Variants = {
  rows: [...Array(items).keys()],
  truth: new Int32Array(items),
  asked: [],
  kinds: ['typo', 'swap'].map((id) => ({
    id,
    meaning: 'kept' as const,
    at: Int32Array.from({ length: items }, (_, item) => (id === 'swap' && item >= 100 ? -1 : item)),
    truth: new Int32Array(items),
    changed: id === 'swap' ? 100 : items,
  })),
};
const frame: Frame = { variants, draws: drawItems(items, 2000, seeded(1, 'measures')), confidence: 0.95 };

// The original: 180 right, 160 under typos, 170 under swaps. Version B: 160, 140, 150 — less accurate, equally robust.
// Version C: 180 right as well, 120 under typos, 170 under swaps — as accurate, less robust.
const A = outcome(range(0, 180), range(0, 160), range(0, 170));
const B = outcome(range(0, 160), range(0, 140), range(0, 150));
const C = outcome(range(0, 180), range(0, 120), range(0, 170));

test('accuracy per kind and their mean', () => {
  const [whole, typo, swap] = accuracyUnderKinds('robust-accuracy', C, A, frame);
  expect(whole!.value).toBeCloseTo(0.725, 12);
  expect(whole!.versus!.value).toBeCloseTo(-0.1, 12);
  expect(typo).toMatchObject({ slice: 'kind=typo', value: 0.6, samples: items });
  expect(typo!.versus!.value).toBeCloseTo(-0.2, 12);
  expect(typo!.versus!.evidence).toEqual({
    kind: 'pairs',
    bothRight: 120,
    onlyBaselineRight: 40,
    onlyCandidateRight: 0,
    bothWrong: 40,
  });
  expect(swap!.versus!.value).toBe(0);
  expect(accuracyUnderKinds('robust-accuracy', A, null, frame).every(({ versus }) => versus === undefined)).toBe(true);
});

test('HELM’s worst case: right as it is and under every kind', () => {
  expect(rightThroughout(A).reduce((sum, one) => sum + one, 0)).toBe(160);
  const healed = outcome(range(0, 100), range(50, 200), range(0, 200));
  expect(worstAccuracy(healed, A, frame)).toMatchObject({ value: 0.25, versus: { value: (50 - 160) / 200 } });
});

test('difference in differences: less accurate is not less robust', () => {
  const [loss, typo] = robustnessLoss(B, A, frame);
  expect(loss!.value).toBeCloseTo(0.8 - (0.7 + 0.75) / 2, 12);
  // (B_pert − A_pert) − (B_clean − A_clean) = (0.725 − 0.825) − (0.8 − 0.9) = 0.
  expect(loss!.versus!.value).toBeCloseTo(0, 12);
  expect(loss!.versus!.low).toBeLessThan(0);
  expect(loss!.versus!.high).toBeGreaterThan(0);
  expect(typo!.versus!.value).toBeCloseTo(0, 12);
});

test('difference in differences: less robust at equal accuracy, with an interval that leaves out 0', () => {
  const [loss, typo, swap] = robustnessLoss(C, A, frame);
  // −((0.725 − 0.825) − (0.9 − 0.9)) = 0.1, a loss counted upwards.
  expect(loss!.versus!.value).toBeCloseTo(0.1, 12);
  expect(loss!.versus!.low).toBeGreaterThan(0.06);
  expect(loss!.versus!.high).toBeLessThan(0.14);
  expect(typo!.versus!.value).toBeCloseTo(0.2, 12);
  expect(swap!.versus).toMatchObject({ value: 0, low: 0, high: 0 });
  expect(loss!.versus!.method).toBe('difference in differences, paired bootstrap over 200 examples, 2,000 draws');
});

test('the original’s own loss is its own number', () => {
  expect(robustnessLoss(A, null, frame)[0]!.value).toBeCloseTo(0.9 - 0.825, 12);
});

test('the ratio of accuracies, and the ratio of ratios', () => {
  const [ratio] = robustnessRatio(B, A, frame);
  expect(ratio!.value).toBeCloseTo(0.725 / 0.8, 12);
  expect(ratio!.versus!.value).toBeCloseTo(0.725 / 0.8 / (0.825 / 0.9), 12);
  expect(ratio!.low).toBeLessThan(ratio!.value);
  // Nothing was right: there is no ratio.
  expect(robustnessRatio(outcome(range(0, 0), range(0, 10), range(0, 10)), null, frame)).toEqual([]);
});

test('consistency counts texts that were changed only', () => {
  const [whole, typo, swap] = consistency(C, A, frame);
  // C keeps 140 of 200 under typos; swaps changed the first 100 only, and those are all kept.
  expect(typo).toMatchObject({ value: 0.7, samples: 200 });
  expect(swap).toMatchObject({ value: 1, samples: 100 });
  expect(whole!.value).toBeCloseTo(240 / 300, 12);
  expect(whole!.versus!.value).toBeCloseTo((240 - 280) / 300, 12);
});

test('kinds that bring their own right answer are no matter of consistency', () => {
  const changed = {
    ...frame,
    variants: { ...variants, kinds: variants.kinds.map((one) => ({ ...one, meaning: 'changed' as const })) },
  };
  expect(consistency(A, null, changed)).toEqual([]);
});

test('the share of kinds under which an item is right', () => {
  expect([0, 165, 199].map((item) => rightShares(A)[item])).toEqual([1, 0.5, 0]);
});

test('says what was changed', () => {
  expect(changedNotes(variants, ['expansion'])).toEqual({
    caveat: 'texts changed, of 200: typo 200, swap 100',
    refused: [tooFew('kind=expansion', 0, 'changed text')],
  });
});
