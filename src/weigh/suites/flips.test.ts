import { expect, test } from 'vitest';
import { flipsBetween } from './flips.ts';
import { rowsWith, sheetWith, taskOf } from './testing/files.ts';

test('changed, worse and better rows; McNemar as in the specifications', () => {
  // 20 became wrong, 8 right, 5 are wrong in another way.
  const truth = Array<number>(100).fill(0);
  const before = truth.map((_, at) => (at < 8 || (at >= 40 && at < 45) ? 1 : 0));
  const after = truth.map((_, at) => (at >= 20 && at < 40 ? 1 : at >= 40 && at < 45 ? 2 : 0));
  const flips = flipsBetween(sheetWith('glue/mnli', truth, before), sheetWith('glue/mnli', truth, after))!;
  expect(flips).toMatchObject({ rows: 100, changed: 33, worse: 20, better: 8 });
  expect(flips.mcnemar!.exact).toBeCloseTo(0.035698, 6);
  expect(flips.mcnemar!.midP).toBeCloseTo(0.02412, 6);
  expect(flips.examples.better).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
  expect(flips.examples.worse).toHaveLength(10);
});

test('numbers have no flips', () => {
  const sheet = {
    task: taskOf('glue/stsb'),
    rows: rowsWith([1]),
    given: { kind: 'score', predicted: Float64Array.of(1) },
  } as const;
  expect(flipsBetween(sheet, sheet)).toBeNull();
});
