import { expect, test } from 'vitest';
import type { LoadReport } from '../engine/measure/load.ts';
import { mlperfSummary } from '../weigh/load/scenarios/detail-log.ts';
import { summarize, type RunSpec } from '../weigh/load/scenarios/summary.ts';
import { playedOf } from '../weigh/load/testing/played.ts';
import { loadText } from './load-text.ts';

const spec: RunSpec = {
  name: 'model/',
  scenario: 'server',
  samplesPerQuery: 1,
  rate: 100,
  limitMs: 20,
  percentile: 0.99,
  minMs: 1_000,
  minQueries: 64,
  lostMs: 500,
};
const at = Array.from({ length: 100 }, (_, i) => (i + 1) * 10);
const report = (more: Partial<RunSpec>, latencies: (number | null)[]): LoadReport => {
  const own = { ...spec, ...more };
  const played = playedOf(at, latencies);
  const summary = summarize(played, own);
  return {
    target: 'model/',
    scenario: own.scenario,
    spec: own,
    inputs: '24 rows of data.jsonl',
    tensors: null,
    assumed: [],
    summary,
    mlperf: mlperfSummary(summary, own),
    faults: played.faults,
    violations: [],
    compliance: [
      { test: 'TEST01', outcome: 'passed', message: '32 answers are as without load' },
      { test: 'TEST04', outcome: 'exempt', message: 'the inputs differ in length' },
    ],
    notes: ['cannot be read here: stolen time'],
    collectingMs: 0,
    machine: {} as LoadReport['machine'],
  };
};

test('percentiles that the number supports, then the largest; reasons, faults and what to know', () => {
  const text = loadText(
    report(
      {},
      at.map((_, i) => (i === 5 ? null : 4 + i / 100)),
    ),
  );
  expect(text).toMatch(/^Server: model\/\n100 \/s for 1\.00 s, 99 % within 20\.0 ms; 24 rows of data\.jsonl\n/);
  expect(text).toContain('queries   100 sent, 99 answered');
  expect(text).toMatch(/latency {3}p50 4\.51 ms {2}p90 4\.91 ms {2}p95 ≤ 500 ms \(largest of 100\)\n/);
  expect(text).toContain('not valid by LoadGen’s rules at this duration; not an MLPerf result');
  expect(text).toContain('1 of 100 queries were not answered');
  expect(text).toContain('endpoint/dropped  1  as told');
  expect(text).toContain('cannot be read here: stolen time');
  expect(text).toMatch(
    /compliance tests\n.*TEST01 +passed +32 answers.*\n.*TEST04 +exempt +the inputs differ in length/,
  );
});

test('a stream tells its percentile with confidence, a pile its samples a second', () => {
  const stream = loadText(
    report(
      { scenario: 'single-stream', rate: null, limitMs: null },
      at.map(() => 4),
    ),
  );
  expect(stream).toContain('p90 at most 4.00 ms with 99 % confidence');
  expect(stream).toContain('\nvalid by LoadGen’s rules');
  expect(stream).not.toContain('dispatch');
  const pile = loadText(
    report(
      { scenario: 'offline', rate: null, limitMs: null, samplesPerQuery: 8 },
      at.map(() => 4),
    ),
  );
  expect(pile).toMatch(/throughput {2}797 \/s samples/);
  expect(pile).not.toMatch(/^ {2}latency/m);
});
