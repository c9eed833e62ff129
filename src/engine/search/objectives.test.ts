import { expect, test } from 'vitest';
import type { Measurement, MetricSpec } from '../../contracts/index.ts';
import { coldStart } from '../../weigh/load/cold-start.ts';
import { latency } from '../../weigh/load/latency.ts';
import { objectivesOf, wantedOf } from './objectives.ts';

const asked = [latency, coldStart].map((evaluator) => ({ evaluator, options: {}, files: {} }));
const timed = (metric: string, value: number, low: number, high: number): Measurement => ({
  metric,
  unit: 'ms',
  value: value * 10,
  low: low * 10,
  high: high * 10,
  confidence: 0.95,
  samples: 12,
  versus: { kind: 'ratio', value, low, high, evidence: { kind: 'exact' }, method: '' },
});

test('a ratio becomes its logarithm, with the standard error of its interval', () => {
  const wanted = wantedOf(['latency-p50'], asked);
  const { objectives, errors } = objectivesOf(
    wanted,
    [timed('latency-p50', 0.5, 0.5 * Math.exp(-0.098), 0.5 * Math.exp(0.098))],
    [],
  );
  expect(objectives[0]).toBeCloseTo(Math.log(0.5), 10);
  expect(errors[0]).toBeCloseTo(0.05, 3);
});

test('a percentile that a short look cannot report is stood for by the median of the same evaluator', () => {
  const wanted = wantedOf(['latency-p99', 'cold-start'], asked);
  const { objectives, errors } = objectivesOf(wanted, [timed('latency-p50', 0.8, 0.7, 0.9)], []);
  expect(objectives[0]).toBeCloseTo(Math.log(0.8), 10);
  // Nothing stands for the start of a process.
  expect([objectives[1], errors[1]]).toEqual([0, 1]);
});

test('differences and own values count by what more is worth', () => {
  const spec = (id: string, better: 'higher' | 'lower'): MetricSpec => ({
    id,
    title: id,
    unit: 'score',
    better,
    versus: 'difference',
    definition: '',
  });
  const own = { ...timed('f1', 0.6, 0.5, 0.7), value: 0.6, low: 0.5, high: 0.7 };
  const { versus: _versus, ...plain } = own;
  const wanted = [
    { spec: spec('f1', 'higher'), proxies: [] },
    { spec: spec('loss', 'lower'), proxies: [] },
  ];
  const against: Measurement = {
    ...own,
    versus: { kind: 'difference', value: -0.02, low: -0.03, high: -0.01, evidence: { kind: 'exact' }, method: '' },
  };
  expect(
    objectivesOf(
      wanted,
      [against, { ...plain, metric: 'loss' }],
      [{ ...plain, metric: 'loss', value: 0.5 }],
    ).objectives.map((one) => Number(one.toFixed(6))),
  ).toEqual([0.02, 0.1]);
});
