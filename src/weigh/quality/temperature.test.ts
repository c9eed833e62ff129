import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { logRows } from './log-probabilities.ts';
import { fitTemperature, temperedConfidence } from './temperature.ts';
import { answers, waveTruth, waves } from './testing/made-up.ts';

const golden = JSON.parse(readFileSync(new URL('fixtures/calibration.json', import.meta.url), 'utf8')) as Record<
  'baseline' | 'version',
  { temperature: number; temperedConfidence: number[] }
>;
const rows = [...waveTruth.keys()];

test.each([
  ['baseline', 0],
  ['version', 0.15],
] as const)('%s: the temperature that scipy finds', (name, shift) => {
  const given = answers(waves(shift));
  const scores = logRows(given);
  const { value, slopes } = fitTemperature(scores, rows, waveTruth)!;
  expect(value).toBeCloseTo(golden[name].temperature, 5);
  // The fit is where the slopes cancel.
  expect(Math.abs(slopes.reduce((sum, one) => sum + one, 0))).toBeLessThan(1e-6);
  const row = new Float64Array(4);
  for (const [at, expected] of golden[name].temperedConfidence.entries()) {
    scores.read(at, row);
    expect(temperedConfidence(row, given.predicted[at]!, value)).toBeCloseTo(expected, 5);
  }
});

test('logits that are twice as large want twice the temperature', () => {
  const plain = fitTemperature(logRows(answers(waves(0))), rows, waveTruth)!.value;
  const doubled = waves(0).map((score) => 2 * score);
  expect(fitTemperature(logRows(answers(doubled)), rows, waveTruth)!.value).toBeCloseTo(2 * plain, 5);
});

test('all right, or no better than chance: no temperature fits', () => {
  const given = answers(waves(0));
  expect(fitTemperature(logRows(given), rows, given.predicted)).toBeNull();
  const opposite = answers(waves(0).map((score) => -score));
  expect(fitTemperature(logRows(opposite), rows, given.predicted)).toBeNull();
  expect(fitTemperature(logRows(given), [], waveTruth)).toBeNull();
  expect(fitTemperature(logRows(answers(new Float32Array(480))), rows, waveTruth)).toBeNull();
});
