import { describe, expect, test } from 'vitest';
import type { Scenario } from '../../contracts/index.ts';
import { metrics } from '../../weigh/index.ts';
import { gateOf, withOverrides } from './overrides.ts';

const scenario = {
  must: [
    { metric: 'accuracy', limit: { kind: 'worse-by-at-most', value: 0.01 }, because: 'tickets' },
    { metric: 'accuracy', slice: 'style=casual', limit: { kind: 'worse-by-at-most', value: 0.04 } },
    { metric: 'size', limit: { kind: 'at-most', value: 20e6 } },
  ],
  prefer: ['latency-p50', 'size'],
  confidence: 0.95,
} as unknown as Scenario;

test('a condition is read as a scenario reads it', () => {
  expect(gateOf('accuracy worse-by-at-most 2 pp', metrics)).toEqual({
    metric: 'accuracy',
    limit: { kind: 'worse-by-at-most', value: 0.02 },
  });
  expect(gateOf('latency-p50 for language=pt br better-by-at-least 20 %', metrics)).toEqual({
    metric: 'latency-p50',
    slice: 'language=pt br',
    limit: { kind: 'worse-by-at-most', value: -0.2 },
  });
});

test('a condition takes the place of those on the same metric and group, keeps its reason, or is added', () => {
  const { must } = withOverrides(
    scenario,
    { must: ['accuracy worse-by-at-most 2 pp', 'latency-p50 at-most 20 ms'] },
    metrics,
  );
  expect(must.map(({ metric, slice, limit, because }) => [metric, slice, limit.value, because])).toEqual([
    ['accuracy', undefined, 0.02, 'tickets'],
    ['accuracy', 'style=casual', 0.04, undefined],
    ['size', undefined, 20e6, undefined],
    ['latency-p50', undefined, 20, undefined],
  ]);
  expect(scenario.must).toHaveLength(3);
});

test('conditions are let go by metric, or by metric and group', () => {
  const left = (waive: string[]) => withOverrides(scenario, { waive }, metrics).must.map(({ metric }) => metric);
  expect(left(['accuracy'])).toEqual(['size']);
  expect(left(['accuracy for style=casual'])).toEqual(['accuracy', 'size']);
});

describe('what cannot be is said', () => {
  const fault = (overrides: Parameters<typeof withOverrides>[1]): unknown => {
    try {
      return withOverrides(scenario, overrides, metrics);
    } catch (error) {
      return error;
    }
  };
  test.each([
    [{ must: ['acuracy at-least 90 %'] }, 'usage/metric', 'did you mean "accuracy"'],
    [{ must: ['accuracy 90 %'] }, 'usage/must', 'is no condition'],
    [{ must: ['accuracy at-least 90 ms'] }, 'scenario/unit', 'expected a number with the unit %'],
    [{ waive: ['latency-p50'] }, 'usage/waive', 'no such condition'],
    [{ prefer: ['speed'] }, 'usage/metric', 'unknown metric "speed"'],
    [{ confidence: 95 }, 'usage/confidence', 'expected 0.5 to 0.9999'],
  ])('%j', (overrides, code, message) => {
    expect(fault(overrides)).toMatchObject({ code, message: expect.stringContaining(message) });
  });
});
