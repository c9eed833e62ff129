import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { draw, fieldsOf, statisticOf, type Items } from './out-of-scope-statistic.ts';

const items: Items = { inside: 4, outside: 3, chooses: Uint8Array.from([1, 1, 0, 0]), keeps: [1, 0.5] };
const largest = Float64Array.from([0.9, 0.6, 0.8, 0.5, 0.7, 0.3, 0.95]);
const entropy = largest.map((one) => 1 - one);
const refused = Uint8Array.from([0, 0, 0, 0, 0, 0, 1]);

test('every field in its place, by hand', () => {
  const told = statisticOf({ scores: { largest, entropy }, refused }, items, 0.7)(undefined);
  const fields = fieldsOf(items);
  const value = (metric: string, slice?: string): number =>
    told[fields.findIndex((one) => one.metric === metric && one.slice === slice)]!;
  expect(told).toHaveLength(fields.length);
  // 0.95 is above all four, 0.7 above two, 0.3 above none.
  expect(value('out-of-scope-auroc')).toBeCloseTo((0 + 2 + 4) / 12, 12);
  expect(value('out-of-scope-auroc', 'score=entropy')).toBeCloseTo(6 / 12, 12);
  expect(value('out-of-scope-overconfident')).toBeCloseTo(2 / 3, 12);
  // Keeping both choosers: from 0.6 on; the third stranger is refused whatever its score.
  expect(value('out-of-scope-abstained')).toBeCloseTo(2 / 3, 12);
  expect(value('in-scope-kept')).toBeCloseTo(1 / 2, 12);
  // Keeping one of two: from 0.9 on.
  expect(value('out-of-scope-abstained', 'kept=50 %')).toBe(1);
  expect(value('in-scope-kept', 'kept=50 %')).toBe(0);
  expect(value('out-of-scope-entropy')).toBeCloseTo((0.3 + 0.7 + 0.05) / 3, 12);
});

test('draws keep how many there are of each kind', () => {
  const weights = new Int32Array(7);
  draw(weights, 4, 3, seeded(1, 'draw'));
  expect(weights.slice(0, 4).reduce((a, b) => a + b, 0)).toBe(4);
  expect(weights.slice(4).reduce((a, b) => a + b, 0)).toBe(3);
});
