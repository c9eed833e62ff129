import { describe, expect, test } from 'vitest';
import type { Measurement, StoreRecord } from '../../contracts/index.ts';
import { fixture } from '../testing/fixture.ts';
import { metrics } from '../testing/metrics.ts';
import { richFixture, richMetrics } from '../testing/rich.ts';
import { toMlperf } from './mlperf.ts';

const rich = richFixture();
/** The block of one scenario. */
const block = (text: string, scenario: string, mode = 'PerformanceOnly'): string =>
  text
    .split('MLPerf Results Summary (not an MLPerf result)')
    .find((one) => one.includes(`Scenario : ${scenario}\nMode     : ${mode}\n`))!;

/** Change the original's measurements of one metric; null takes it away. */
const with_ = (metric: string, change: ((one: Measurement) => Measurement) | null): readonly StoreRecord[] =>
  rich.map((record): StoreRecord => {
    const original = record.kind === 'measure' ? record.outcomes['baseline'] : undefined;
    if (record.kind !== 'measure' || original?.kind !== 'measured') return record;
    const measurements = original.measurements.flatMap((one) =>
      one.metric !== metric ? [one] : change === null ? [] : [change(one)],
    );
    return { ...record, outcomes: { ...record.outcomes, baseline: { kind: 'measured', measurements } } };
  });

describe('the form of mlperf_log_summary.txt', () => {
  const text = toMlperf(rich, richMetrics, 'baseline');

  test('says first that and why it is none', () => {
    expect(text).toMatch(/^These are NOT MLPerf results/);
    expect(text).toContain('MLPerf asks for runs of 600 s');
    expect(text.match(/not an MLPerf result\)/g)).toHaveLength(5);
  });

  test('Server: valid when the 99th percentile keeps the stated limit; times in ns', () => {
    const server = block(text, 'Server');
    for (const line of [
      'SUT name : baseline',
      'Scheduled samples per second : 50.00',
      'Result is : VALID',
      '  Performance constraints satisfied : Yes',
      '  Min duration satisfied : Skipped',
      '  Early stopping satisfied: Yes',
      'Completed samples per second    : 49.95',
      '50.00 percentile latency (ns)   : 12400000',
      '99.00 percentile latency (ns)   : 38600000',
      'target_qps : 50',
      'target_latency (ns): 40000000',
      'query_count : 3000',
      'schedule_rng_seed : 7',
      'seconds : 10',
    ])
      expect(server.split('\n')).toContain(line);
    expect(server).toContain('imprecise session');
  });

  test('Server: too slow, or without a stated limit, is INVALID with what to do', () => {
    const slow = block(
      toMlperf(
        with_('server-latency-p99', (one) => ({ ...one, value: 41 })),
        richMetrics,
        'baseline',
      ),
      'Server',
    );
    expect(slow).toContain('Result is : INVALID\n  Performance constraints satisfied : NO');
    expect(slow).toContain(' * Reduce target QPS to improve latency.');
    const unstated = rich.map((record) =>
      record.kind === 'run' ? { ...record, scenario: { name: 'x', traffic: { batchSize: 1 } } } : record,
    );
    const open = block(toMlperf(unstated, richMetrics, 'baseline'), 'Server');
    expect(open).toContain('Result is : INVALID');
    expect(open).toContain('State traffic.latency-limit');
    expect(open).not.toContain('target_qps');
  });

  test('a broken compliance rule takes the result back', () => {
    const caught = block(
      toMlperf(
        with_('server-latency-p50', (one) => ({
          ...one,
          caveat:
            'load/caching: the same input again takes 40 % less time than different ones; not an MLPerf result (shorter runs)',
        })),
        richMetrics,
        'baseline',
      ),
      'Server',
    );
    expect(caught).toContain('Result is : INVALID');
    expect(caught).toContain('  Compliance satisfied : NO');
    expect(caught).toContain('1 error encountered.');
    expect(caught).toContain('No warnings encountered during test.');
  });

  test('a percentile without enough queries is not known', () => {
    const multi = block(text, 'MultiStream');
    expect(multi).toContain('Result is : INVALID');
    expect(multi).toContain('  Early stopping satisfied: NO');
    expect(multi).toContain('90.00 percentile latency (ns)   : 112000000');
    expect(multi).toContain('99.00 percentile latency (ns)   : not known: it needs 662 queries');
    expect(multi).toContain('samples_per_query : 8');
    const single = block(toMlperf(with_('single-stream-p99', null), richMetrics, 'baseline'), 'SingleStream');
    expect(single).toContain('90th percentile latency (ns) : 14800000\nResult is : VALID');
  });

  test('Offline and the largest rate', () => {
    expect(block(text, 'Offline')).toContain('Samples per second: 88.20\nResult is : VALID');
    expect(block(text, 'Server', 'FindPeakPerformance')).toContain('Scheduled samples per second : 61.00');
  });

  test('every version has its block', () => {
    expect(toMlperf(rich, richMetrics).match(/^SUT name/gm)).toHaveLength(5 * 6);
  });

  test('a run without load scenarios is refused, with what to measure', () => {
    expect(() => toMlperf(fixture('chosen'), metrics)).toThrow(
      expect.objectContaining({
        code: 'report/no-load',
        hint: expect.stringContaining('load/single-stream') as string,
      }) as Error,
    );
  });
});
