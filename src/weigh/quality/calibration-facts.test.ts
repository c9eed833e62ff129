import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { factsOf, figureIds } from './calibration-facts.ts';
import { answers, waveTruth, waves } from './testing/made-up.ts';

interface Golden {
  readonly ece: number;
  readonly eceEqualMass: number;
  readonly brier: number;
  readonly nll: number;
  readonly area: number;
  readonly tenth: number;
}
const golden = JSON.parse(readFileSync(new URL('fixtures/calibration.json', import.meta.url), 'utf8')) as Record<
  'baseline' | 'version',
  Golden
>;
const rows = [...waveTruth.keys()];
const halves = rows.map((row) => row % 2 === 0);
const named = (figures: Float64Array): Record<string, number> =>
  Object.fromEntries(figureIds.map((id, at) => [id, figures[at]!]));

// Golden values: numpy, scipy and scikit-learn; see the fixture.
test.each([
  ['baseline', 0],
  ['version', 0.15],
] as const)('%s: the figures of other tools', (name, shift) => {
  const figures = named(factsOf(answers(waves(shift)), rows, waveTruth, halves).figures());
  const expected = golden[name];
  expect(figures['ece']).toBeCloseTo(expected.ece, 6);
  expect(figures['ece-equal-mass']).toBeCloseTo(expected.eceEqualMass, 6);
  expect(figures['brier']).toBeCloseTo(expected.brier, 6);
  expect(figures['nll']).toBeCloseTo(expected.nll, 6);
  expect(figures['selective-accuracy']).toBeCloseTo(expected.area, 6);
  expect(figures['selective-accuracy-10']).toBeCloseTo(expected.tenth, 6);
});

test('one bin: mean confidence against accuracy', () => {
  const made = answers(waves(0.15));
  const right = rows.filter((row) => made.predicted[row] === waveTruth[row]).length / rows.length;
  const sure = rows.map((row) => {
    const some = made.scores.subarray(row * 4, row * 4 + 4);
    return Math.exp(some[made.predicted[row]!]!) / some.reduce((sum, score) => sum + Math.exp(score), 0);
  });
  const mean = sure.reduce((sum, one) => sum + one, 0) / rows.length;
  const figures = named(factsOf(made, rows, waveTruth, halves).figures());
  expect(figures['ece-one-bin']).toBeCloseTo(Math.abs(mean - right), 6);
});

test('probabilities give what their logits give', () => {
  const logits = answers(waves(0));
  const scores = Float32Array.from(logits.scores, (_, at) => {
    const row = logits.scores.subarray(at - (at % 4), at - (at % 4) + 4);
    return Math.exp(logits.scores[at]!) / row.reduce((sum, score) => sum + Math.exp(score), 0);
  });
  const one = factsOf(logits, rows, waveTruth, halves).figures();
  const two = factsOf(answers(scores), rows, waveTruth, halves).figures();
  for (const [at, id] of figureIds.entries()) expect(two[at], id).toBeCloseTo(one[at]!, 4);
});

test('each row once is no weights at all; a draw refits the temperature in one step', () => {
  const facts = factsOf(answers(waves(0)), rows, waveTruth, halves);
  const once = facts.figures(new Int32Array(rows.length).fill(1));
  for (const [at, value] of facts.figures().entries()) expect(once[at]).toBeCloseTo(value, 9);
  // Doubling some rows against a fit on the doubled rows.
  const weights = Int32Array.from(rows, (row) => (row % 5 === 0 ? 2 : 1));
  const copies = rows.flatMap((row) => Array<number>(weights[row]!).fill(row));
  const refit = factsOf(
    answers(waves(0)),
    copies,
    waveTruth,
    copies.map((row) => halves[row]!),
  ).figures();
  const step = facts.figures(weights);
  const at = figureIds.indexOf('temperature');
  expect(Math.abs(step[at]! - refit[at]!)).toBeLessThan(0.15 * Math.abs(refit[at]! - once[at]!) + 0.05);
});

test('tempering repairs what was too sure; without a fit there is no tempered error', () => {
  const facts = factsOf(answers(waves(0)), rows, waveTruth, halves);
  const figures = named(facts.figures());
  expect(facts.tempered).toBe(true);
  expect(figures['ece-tempered']).toBeLessThan(figures['ece-untempered']! / 2);
  const given = answers(waves(0));
  const perfect = factsOf(given, rows, given.predicted, halves);
  expect(perfect.tempered).toBe(false);
  expect(named(perfect.figures())).toMatchObject({ temperature: Number.NaN, 'ece-tempered': Number.NaN });
});

test('chance lifts sums of absolute values, not means', () => {
  const { chance } = factsOf(answers(waves(0)), rows, waveTruth, halves);
  for (const [at, id] of figureIds.entries()) expect(chance[at] !== null, id).toBe(id.startsWith('ece'));
});
