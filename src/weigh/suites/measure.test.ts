import { describe, expect, test } from 'vitest';
import { seeded, tangoInterval, wilson } from '../../statistics/index.ts';
import golden from './fixtures/golden.json' with { type: 'json' };
import type { ScoreOptions } from './draws.ts';
import { scoreTask } from './measure.ts';
import { rowsWith, sheetWith, taskOf } from './testing/files.ts';

const options = (replicates = 2000): ScoreOptions => ({
  confidence: 0.95,
  replicates,
  random: (label) => seeded(7, label),
});
const bits = (text: string): number[] => [...text].map(Number);

test('accuracy: Wilson, s/√n', () => {
  const truth = Array.from({ length: 100 }, (_, at) => at % 2);
  const { report } = scoreTask(
    sheetWith(
      'glue/sst2',
      truth,
      truth.map((one, at) => (at < 20 ? 1 - one : one)),
    ),
    null,
    options(),
  );
  const [accuracy] = report.metrics;
  expect(accuracy).toMatchObject({ metric: 'glue/sst2/accuracy', value: 0.8, samples: 100, ...wilson(80, 100, 0.95) });
  expect(accuracy!.standardError).toBeCloseTo(Math.sqrt(0.16 / 99), 12);
  expect(report.score.value).toBeCloseTo(80, 12);
});

test('the error of a bootstrapped metric is the spread of the replicates, not that divided by √B', () => {
  const { truth, predicted, matthews, standardError } = golden.cola;
  const { report } = scoreTask(sheetWith('glue/cola', bits(truth), bits(predicted)), null, options(1000));
  const [metric] = report.metrics;
  expect(metric!.value).toBeCloseTo(matthews, 12);
  // numpy's standard deviation of 4,000 replicates; 1,000 of ours are within 8 % of it.
  expect(metric!.standardError / standardError).toBeGreaterThan(0.92);
  expect(metric!.standardError / standardError).toBeLessThan(1.08);
  expect(metric!.high - metric!.low).toBeCloseTo(3.92 * standardError, 2);
});

test('the same seed gives the same numbers', () => {
  const sheet = sheetWith('glue/mrpc', [1, 0, 1, 1, 0, 1], [1, 1, 1, 0, 0, 1]);
  expect(scoreTask(sheet, null, options())).toEqual(scoreTask(sheet, null, options()));
});

describe('rows that belong together', () => {
  // 40 pairs whose two rows are right or wrong together: as much is known as from 40 rows, not from 80.
  const pairs = Array.from({ length: 80 }, (_, at) => String(Math.floor(at / 2)));
  const truth = pairs.map(() => 0);
  const predicted = pairs.map((pair) => (Number(pair) % 4 === 0 ? 1 : 0));

  test('are drawn together: the interval is as wide as the pairs say', () => {
    const { report } = scoreTask(sheetWith('superglue/axg', truth, predicted, pairs), null, options(4000));
    const [accuracy, parity] = report.metrics;
    const expected = Math.sqrt((0.75 * 0.25) / 40);
    expect(accuracy!.samples).toBe(40);
    expect(accuracy!.standardError / expected).toBeGreaterThan(0.93);
    expect(accuracy!.standardError / expected).toBeLessThan(1.07);
    expect(accuracy!.method).toBe('percentile bootstrap over 40 pairs, 4,000 draws');
    expect(parity).toMatchObject({ value: 1, samples: 40, method: 'Wilson' });
  });

  test('give no McNemar test', () => {
    const other = sheetWith('superglue/axg', truth, truth, pairs);
    expect(scoreTask(sheetWith('superglue/axg', truth, predicted, pairs), other, options()).report.flips).toMatchObject(
      {
        worse: 20,
        better: 0,
        mcnemar: null,
      },
    );
  });
});

describe('against another system', () => {
  const n = 200;
  const truth = Array.from({ length: n }, (_, at) => (at * 7) % 2);
  const wrongAt = (wrong: (at: number) => boolean) => truth.map((one, at) => (wrong(at) ? 1 - one : one));
  const before = sheetWith(
    'glue/mrpc',
    truth,
    wrongAt((at) => at < 30),
  );
  const after = sheetWith(
    'glue/mrpc',
    truth,
    wrongAt((at) => at >= 10 && at < 38),
  );

  test('shares of rows: Tango’s interval on the same rows, flips and McNemar', () => {
    const { report } = scoreTask(after, before, options());
    const [accuracy] = report.metrics;
    expect(accuracy!.versus).toMatchObject({
      value: 2 / n,
      ...tangoInterval({ b: 8, c: 10, n }, 0.95),
      evidence: { kind: 'pairs', bothRight: 162, onlyBaselineRight: 8, onlyCandidateRight: 10, bothWrong: 20 },
    });
    expect(report.flips).toMatchObject({ changed: 18, worse: 8, better: 10 });
    expect(report.flips!.examples.worse.slice(0, 2)).toEqual(['30', '31']);
  });

  test('other metrics: the paired bootstrap, narrower than two intervals apart', () => {
    const { report } = scoreTask(after, before, options());
    const f1 = report.metrics[1]!;
    expect(f1.versus!.evidence.kind).toBe('bootstrap');
    expect(f1.versus!.high - f1.versus!.low).toBeLessThan(f1.high - f1.low);
    expect(report.score.versus!.value).toBeCloseTo(
      50 * (report.metrics[0]!.versus!.value + report.metrics[1]!.versus!.value),
      12,
    );
  });

  test('the same answers: no difference, and no certainty beyond what the rows can tell', () => {
    const { report } = scoreTask(before, before, options());
    const { versus } = report.metrics[1]!;
    expect(versus!.value).toBe(0);
    expect(versus!.low).toBeLessThan(-0.005);
    expect(report.flips).toMatchObject({ changed: 0, mcnemar: { exact: 1, midP: 1 } });
  });
});

test('no bootstrap says 100 % for sure: what did not occur in the rows may occur', () => {
  const { report } = scoreTask(sheetWith('superglue/cb', [0, 1, 2, 0, 1, 2], [0, 1, 2, 0, 1, 2]), null, options());
  expect(report.metrics[1]).toMatchObject({ value: 1, high: 1 });
  expect(report.metrics[1]!.low).toBeLessThan(0.7);
});

test('CB names scikit-learn’s other macro F1 where it differs', () => {
  const { truth, predicted } = golden.classes.find(({ name }) => name === 'cb-small')!;
  const { report } = scoreTask(sheetWith('superglue/cb', truth, predicted), null, options());
  expect(report.cautions.join()).toContain('scikit-learn’s macro F1 leaves out classes that neither side has');
  const full = golden.classes.find(({ name }) => name === 'cb')!;
  expect(
    scoreTask(sheetWith('superglue/cb', full.truth, full.predicted), null, options()).report.cautions.join(),
  ).not.toContain('scikit');
});

test('a constant answer has no correlation: no value, and no verdict later', () => {
  const rows = rowsWith([0, 1, 2, 3, 4]);
  const constant = {
    task: taskOf('glue/stsb'),
    rows,
    given: { kind: 'score', predicted: new Float64Array(5).fill(2) },
  } as const;
  const some = { ...constant, given: { kind: 'score', predicted: Float64Array.of(0, 2, 1, 3, 5) } } as const;
  const { report } = scoreTask(constant, some, options());
  expect(report.metrics[0]).toMatchObject({
    value: Number.NaN,
    low: -1,
    high: 1,
    caveat: 'no value: all answers are the same number',
  });
  expect(report.metrics[0]!.versus).toBeUndefined();
  expect(scoreTask(some, constant, options()).report.metrics[0]!.caveat).toContain('no value of the baseline');
});
