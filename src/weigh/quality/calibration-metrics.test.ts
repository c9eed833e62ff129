import { expect, test } from 'vitest';
import { tenAnswers } from '../../statistics/golden.ts';
import { seeded } from '../../statistics/index.ts';
import {
  calibrationError,
  chanceError,
  equalMassBins,
  equalWidthBins,
  selectiveAccuracy,
  surestFirst,
  type Sureness,
} from './calibration-metrics.ts';

const ten: Sureness = { confidence: Float64Array.from(tenAnswers.confidence), right: tenAnswers.right };

test('ten answers, ten bins closed on the right', () => {
  expect(calibrationError(ten, equalWidthBins(ten.confidence, 10))).toBeCloseTo(tenAnswers.calibrationError, 12);
});

test('edges belong to the bin below, also where rounding lifts them', () => {
  expect([...equalWidthBins([0, 0.1, 0.7, 0.8, 0.81, 1], 10).of]).toEqual([0, 0, 6, 7, 8, 9]);
});

test('equal mass: edges halfway between neighbors, equal confidences together', () => {
  const { of, count } = equalMassBins(Float64Array.of(0.9, 0.1, 0.5, 0.5, 0.5, 0.7), 3);
  expect(count).toBe(3);
  // The first edge lies at 0.5 itself, closed on the right: nothing is left for the bin in the middle.
  expect([...of]).toEqual([2, 0, 0, 0, 0, 2]);
  expect(equalMassBins(Float64Array.of(1, 1, 1, 1), 2).of).toEqual(Int32Array.of(0, 0, 0, 0));
  expect(equalMassBins(Float64Array.of(0.3), 10).count).toBe(1);
});

test('perfectly calibrated in every bin: no error; always sure and always wrong: all of it', () => {
  const half: Sureness = { confidence: Float64Array.of(0.5, 0.5), right: [1, 0] };
  expect(calibrationError(half, equalWidthBins(half.confidence, 15))).toBe(0);
  const wrong: Sureness = { confidence: Float64Array.of(1, 1), right: [0, 0] };
  expect(calibrationError(wrong, equalWidthBins(wrong.confidence, 15))).toBe(1);
});

test('weights are repeated rows', () => {
  const weights = [2, 0, 1, 3, 1, 0, 1, 1, 0, 1];
  const repeated = weights.flatMap((weight, row) => Array<number>(weight).fill(row));
  const copy: Sureness = {
    confidence: Float64Array.from(repeated, (row) => ten.confidence[row]!),
    right: repeated.map((row) => ten.right[row]!),
  };
  expect(calibrationError(ten, equalWidthBins(ten.confidence, 10), weights)).toBeCloseTo(
    calibrationError(copy, equalWidthBins(copy.confidence, 10)),
    12,
  );
  const drawn = selectiveAccuracy(ten.right, surestFirst(ten.confidence), weights);
  const plain = selectiveAccuracy(copy.right, surestFirst(copy.confidence));
  expect(drawn.area).toBeCloseTo(plain.area, 12);
  expect(drawn.atTenth).toBeCloseTo(plain.atTenth, 12);
});

test('the surest answers first; equal confidences do not depend on their order in the data', () => {
  // Right answers by confidence: 1 1 1 0 …: accuracies 1, 1, 1, 3/4.
  const four = selectiveAccuracy([0, 1, 1, 1], surestFirst(Float64Array.of(0.2, 0.9, 0.8, 0.7)));
  expect(four.area).toBeCloseTo((1 + 1 + 1 + 0.75) / 4, 12);
  expect(four.atTenth).toBe(1);
  const same = Float64Array.of(0.5, 0.5, 0.5, 0.5);
  expect(selectiveAccuracy([1, 1, 0, 0], surestFirst(same))).toEqual(
    selectiveAccuracy([0, 0, 1, 1], surestFirst(same)),
  );
  expect(selectiveAccuracy([1, 1, 0, 0], surestFirst(same)).area).toBe(0.5);
});

test('chance: what rows that are right as often as they are sure show on average', () => {
  const random = seeded(4, 'chance');
  const confidence = Float64Array.from({ length: 800 }, () => 0.5 + 0.5 * random.next());
  const bins = equalWidthBins(confidence, 15);
  let [shown, said] = [0, 0];
  const runs = 200;
  for (let run = 0; run < runs; run++) {
    const one: Sureness = { confidence, right: Uint8Array.from(confidence, (p) => (random.next() < p ? 1 : 0)) };
    shown += calibrationError(one, bins) / runs;
    said += chanceError(one, bins) / runs;
  }
  // Bins that chance moves beyond two standard errors are not counted: a little less than all of it.
  expect(said / shown).toBeGreaterThan(0.85);
  expect(said / shown).toBeLessThan(1.05);
  // Far off in every bin: none of it is chance.
  const wrong: Sureness = { confidence, right: new Uint8Array(800) };
  expect(chanceError(wrong, bins)).toBe(0);
});
