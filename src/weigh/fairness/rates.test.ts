import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { contrastsOf, countGroups, eligibleOf, emptyCounts, gapBy, gapsOf } from './rates.ts';

const count = (of: number[], truth: number[], predicted: number[], groups: number, classes: number) =>
  countGroups(emptyCounts(groups, classes), Int32Array.from(of), Int32Array.from(truth), Int32Array.from(predicted));

interface Golden {
  readonly group: number[];
  readonly truth: number[];
  readonly predicted: number[];
  readonly accuracy: number[];
  readonly accuracyGap: number;
  readonly perClass: Record<string, number>[];
  readonly macro: Record<string, number>;
}

test('golden: scikit-learn’s rates by group, fairlearn’s gaps of them', () => {
  const golden = JSON.parse(readFileSync(new URL('fixtures/gaps.json', import.meta.url), 'utf8')) as Golden;
  const counts = count(golden.group, golden.truth, golden.predicted, 3, 3);
  const close = (found: object, wanted: Record<string, number>): void => {
    for (const [name, value] of Object.entries(found)) expect(value, name).toBeCloseTo(wanted[name]!, 12);
  };
  close(gapsOf(counts, eligibleOf(counts, [0, 1, 2], 1)), golden.macro);
  for (const label of [0, 1, 2]) close(gapsOf(counts, eligibleOf(counts, [label], 1)), golden.perClass[label]!);
});

describe('by hand', () => {
  // Group 0: truth 1 1 0 0, answers 1 0 0 0. Group 1: truth 1 1 0 0, answers 1 1 1 0.
  const counts = count([0, 0, 0, 0, 1, 1, 1, 1], [1, 1, 0, 0, 1, 1, 0, 0], [1, 0, 0, 0, 1, 1, 1, 0], 2, 2);

  test('one positive label', () => {
    expect(gapsOf(counts, eligibleOf(counts, [1], 1))).toEqual({
      parityDifference: 0.75 - 0.25,
      parityRatio: 0.25 / 0.75,
      opportunity: 0.5,
      odds: 0.5,
    });
  });

  test('weights count rows as often as they say', () => {
    const twice = countGroups(
      emptyCounts(2, 2),
      Int32Array.from([0, 0, 1, -1]),
      Int32Array.from([1, 0, 1, 1]),
      Int32Array.from([1, 1, 0, 1]),
      Int32Array.from([3, 0, 2, 5]),
    );
    expect([...twice.rows]).toEqual([3, 2]);
    expect([...twice.right]).toEqual([0, 3, 0, 0]);
  });

  test('too few rows of a class: no rate of it', () => {
    const few = gapsOf(counts, eligibleOf(counts, [0, 1], 3));
    expect(few.opportunity).toBeNaN();
    expect(few.odds).toBeNaN();
    expect(few.parityDifference).toBe(0.5);
  });
});

test('one group, all answers equal, one class only: no gap, and nothing made up', () => {
  const alone = count([0, 0, 0], [0, 1, 1], [0, 1, 0], 1, 2);
  expect(gapsOf(alone, eligibleOf(alone, [0, 1], 1))).toEqual({
    parityDifference: Number.NaN,
    parityRatio: Number.NaN,
    opportunity: Number.NaN,
    odds: Number.NaN,
  });
  // Everybody gets class 0: class 1 has no ratio, class 0 the ratio 1.
  const constant = count([0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 0, 0], 2, 2);
  expect(gapsOf(constant, eligibleOf(constant, [0, 1], 1))).toEqual({
    parityDifference: 0,
    parityRatio: 1,
    opportunity: 0,
    odds: 0,
  });
  // Only class 0 exists: there is nobody to raise a false alarm about it.
  const single = count([0, 0, 1, 1], [0, 0, 0, 0], [0, 1, 0, 0], 2, 2);
  const gaps = gapsOf(single, eligibleOf(single, [0, 1], 1));
  expect(gaps.opportunity).toBe(0.5);
  expect(gaps.odds).toBeNaN();
});

test('without right answers selection can still be compared', () => {
  const unlabelled = count([0, 0, 1, 1], [-1, -1, -1, -1], [0, 1, 1, 1], 2, 2);
  const gaps = gapsOf(unlabelled, eligibleOf(unlabelled, [0, 1], 1));
  expect(gaps.parityDifference).toBe(0.5);
  expect(gaps.opportunity).toBeNaN();
});

test('other counts are compared by the groups that were found furthest apart in these', () => {
  const before = count([0, 0, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0], 2, 2);
  const after = count([0, 0, 1, 1], [1, 1, 1, 1], [1, 0, 1, 1], 2, 2);
  const { opportunity } = contrastsOf(before, eligibleOf(before, [1], 1));
  expect(opportunity).toEqual([{ rate: 'hit', label: 1, most: 0, least: 1 }]);
  expect(gapBy(after, 'opportunity', opportunity)).toBe(-0.5);
  expect(gapBy(after, 'parityRatio', [{ rate: 'selection', label: 1, most: 0, least: 1 }])).toBe(2);
});
