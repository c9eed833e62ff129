import { describe, expect, test } from 'vitest';
import type { MetricSpec } from '../../contracts/index.ts';
import { limitOf } from './quantity.ts';

const metric = (rest: Partial<MetricSpec>): MetricSpec => ({
  id: 'm',
  title: 'M',
  unit: 'ms',
  better: 'lower',
  versus: 'ratio',
  definition: '',
  ...rest,
});
const latency = metric({});
const accuracy = metric({ unit: 'proportion', better: 'higher', versus: 'difference' });
const size = metric({ unit: 'bytes' });

describe('limitOf', () => {
  test.each([
    [latency, 'at-most', '20 ms', 'at-most', 20],
    [latency, 'at-most', '0.2 s', 'at-most', 200],
    [latency, 'worse-by-at-most', '5 %', 'worse-by-at-most', 0.05],
    [latency, 'better-by-at-least', '30 %', 'worse-by-at-most', -0.3],
    [accuracy, 'at-least', '90 %', 'at-least', 0.9],
    [accuracy, 'at-least', 0.9, 'at-least', 0.9],
    [accuracy, 'worse-by-at-most', '1.5 pp', 'worse-by-at-most', 0.015],
    [size, 'at-most', '10 MB', 'at-most', 1e7],
    [size, 'at-most', '1 MiB', 'at-most', 1_048_576],
    [metric({ unit: 'count', versus: 'none' }), 'at-most', '1_000', 'at-most', 1000],
  ] as const)('%o %s %s', (spec, key, raw, kind, value) => {
    const limit = limitOf(spec, key, raw);
    expect(limit.kind).toBe(kind);
    expect(limit.value).toBeCloseTo(value, 12);
  });

  test.each([
    [latency, 'at-most', '20', /expected a number with the unit ms, s, us/],
    [latency, 'at-most', '20 MB', /expected a number with the unit ms/],
    [accuracy, 'worse-by-at-most', '1 %', /with the unit pp/],
    [accuracy, 'worse-by-at-most', 1, /with the unit pp/],
    [latency, 'at-most', 'fast', /is "fast"/],
    [metric({ versus: 'none' }), 'worse-by-at-most', '1 %', /not compared with the original/],
  ] as const)('%o refuses %s %s', (spec, key, raw, says) => {
    expect(() => limitOf(spec, key, raw)).toThrow(says);
  });
});
