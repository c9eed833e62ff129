import { expect, test } from 'vitest';
import { evaluators, metrics } from './index.ts';

test('every evaluator and every metric has an id of its own', () => {
  expect(new Set(evaluators.map(({ id }) => id)).size).toBe(evaluators.length);
  expect(new Set(metrics.map(({ id }) => id)).size).toBe(metrics.length);
});

test('every evaluator says what it measures, by which source, and what its options do', () => {
  for (const one of evaluators) {
    expect(one.id).toMatch(/^[a-z]+\/[a-z-]+$/);
    expect(one.metrics.length, one.id).toBeGreaterThan(0);
    expect(one.source, one.id).not.toBe('');
    for (const metric of one.metrics) expect(metric.definition, metric.id).toMatch(/[.)]$/);
    for (const option of Object.values(one.options)) expect(option.description, one.id).toMatch(/\.$/);
  }
});
