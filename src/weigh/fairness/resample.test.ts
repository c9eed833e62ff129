import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import type { Family } from './families.ts';
import { resample, type ResampleInput } from './resample.ts';

const rows = 120;
const family = (name: string, of: (row: number) => number, columns = [name]): Family => {
  const groups = Int32Array.from({ length: rows }, (_, row) => of(row));
  return {
    name,
    columns,
    of: groups,
    missing: 0,
    groups: [0, 1].map((group) => ({
      name: `${name}=${group}`,
      rows: [...groups.keys()].filter((row) => groups[row] === group),
    })),
  };
};
const truth = Int32Array.from({ length: rows }, (_, row) => row % 2);
const before = truth;
/** Takes the second class away from the first half. */
const after = truth.map((label, row) => (row < 40 && row % 4 === 1 ? 0 : label));
const input = (more: Partial<ResampleInput> = {}): ResampleInput => ({
  families: [family('half', (row) => (row < 60 ? 0 : 1)), family('third', (row) => (row % 3 === 0 ? 0 : 1))],
  truth,
  answers: [before, after],
  classes: 3,
  positive: null,
  fewest: 5,
  replicates: 50,
  random: seeded(1, 'resample'),
  signal: new AbortController().signal,
  ...more,
});

test('each family on its own, and the widest of the single columns', async () => {
  const [original, version] = await resample(input());
  // Ten of the thirty rows of class 1 in the first half are lost.
  expect(version![0]!.opportunity.value).toBeCloseTo((10 / 30 + 0) / 2, 12);
  expect(version![0]!.parityDifference.value).toBeCloseTo(10 / 60, 12);
  expect(version![2]!.opportunity.value).toBe(Math.max(version![0]!.opportunity.value, version![1]!.opportunity.value));
  expect(version![2]!.parityRatio.value).toBe(Math.min(version![0]!.parityRatio.value, version![1]!.parityRatio.value));
  expect(original![0]!.opportunity.value).toBe(0);
  expect([...original![0]!.opportunity.byVersion]).toEqual(Array.from({ length: 50 }, () => 0));
});

test('draws are compared by the groups furthest apart in the data', async () => {
  const [, version] = await resample(input({ replicates: 400 }));
  const { draws, byVersion, value } = version![0]!.parityDifference;
  const mean = (some: Float64Array): number => some.reduce((sum, one) => sum + one, 0) / some.length;
  // Searching for the extremes in each draw would find more than there is.
  expect(Math.abs(mean(draws) - value)).toBeLessThan(0.01);
  expect(Math.abs(mean(byVersion) - value)).toBeLessThan(0.01);
});

test('crossings do not count for the widest; families of one group have nothing to compare', async () => {
  const crossing = family('half × third', (row) => (row < 60 ? 0 : 1), ['half', 'third']);
  const alone = { ...family('one', () => 0), groups: [{ name: 'one=0', rows: [...truth.keys()] }] };
  const [, version] = await resample(input({ families: [crossing, alone] }));
  expect(version![0]!.parityDifference.value).toBeGreaterThan(0);
  expect(version![1]!.parityDifference.value).toBeNaN();
  expect(version![2]!.parityDifference.value).toBeNaN();
});

test('the same seed gives the same draws', async () => {
  expect(await resample(input())).toEqual(await resample(input()));
});
