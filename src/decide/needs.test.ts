import { expect, test } from 'vitest';
import type { GateResult, MetricSpec } from '../contracts/index.ts';
import { needsOf } from './needs.ts';

const metrics: MetricSpec[] = [
  { id: 'accuracy', title: 'Accuracy', unit: 'proportion', better: 'higher', versus: 'difference', definition: '' },
  { id: 'size', title: 'Size on disk', unit: 'bytes', better: 'lower', versus: 'ratio', definition: '' },
  {
    id: 'latency-p99',
    title: '99th percentile of latency',
    unit: 'ms',
    better: 'lower',
    versus: 'ratio',
    definition: '',
  },
];
const missed = (one: Partial<GateResult> & Pick<GateResult, 'gate'>): GateResult => ({
  verdict: 'fail',
  p: null,
  value: 0,
  bound: Number.NaN,
  reason: '',
  ...one,
});

test('each missed condition says which limit or how many samples would let it pass', () => {
  const needs = needsOf(
    [
      missed({
        gate: { metric: 'accuracy', limit: { kind: 'worse-by-at-most', value: 0.01 } },
        verdict: 'undecided',
        bound: -0.018,
        samplesNeeded: 3400,
      }),
      missed({ gate: { metric: 'size', limit: { kind: 'at-most', value: 1e6 } }, bound: 2.5e6 }),
      missed({ gate: { metric: 'latency-p99', limit: { kind: 'at-most', value: 5 } }, verdict: 'undecided' }),
      missed({ gate: { metric: 'size', limit: { kind: 'at-most', value: 3e6 } }, verdict: 'pass', bound: 2.5e6 }),
    ],
    metrics,
  );
  expect(needs).toEqual([
    'accuracy would pass with a limit of about 1.8 points lower, or with about 3,400 samples at the present limit',
    'size on disk would pass with a limit of at most about 2.5 MB',
    '99th percentile of latency would have to be measured',
  ]);
});
