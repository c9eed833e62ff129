import { expect, test } from 'vitest';
import type { MetricSpec } from '../contracts/index.ts';
import type { Objective, Placed } from './pareto.ts';
import { uncertainFront } from './uncertain-front.ts';

const spec = (id: string): MetricSpec => ({
  id,
  title: id,
  unit: 'ms',
  better: 'lower',
  versus: 'ratio',
  definition: '',
});
const specs = [spec('latency'), spec('size')];
const at = (metric: string, value: number, half: number): Objective => ({
  metric,
  value,
  low: value - half,
  high: value + half,
  better: 'lower',
  exact: half === 0,
});
const version = (id: string, latency: number, half: number, size: number): Placed => ({
  id,
  objectives: [at('latency', latency, half), at('size', size, 0)],
});

test('who is clearly dominated is never on the front, who is only just behind often is', () => {
  const field = [
    version('fast', 0.5, 0.05, 0.5),
    version('near', 0.51, 0.05, 0.52),
    version('far', 0.9, 0.05, 0.9),
    version('small', 0.7, 0.05, 0.3),
  ];
  const { frontShare } = uncertainFront(field, ['fast', 'small'], specs, 0.95);
  expect(frontShare['far']).toBe(0);
  expect(frontShare['small']).toBe(1);
  expect(frontShare['near']).toBeGreaterThan(0.25);
  expect(frontShare['near']).toBeLessThan(0.5);
  expect(frontShare['fast']).toBe(1);
});

test('the knee is where the front bulges, and what was not measured is no part of it', () => {
  const field: Placed[] = [
    version('fast', 0.3, 0, 0.9),
    version('middle', 0.4, 0, 0.4),
    version('small', 0.9, 0, 0.3),
    { id: 'unknown', objectives: [null, at('size', 0.2, 0)] },
  ];
  const ids = field.map(({ id }) => id);
  expect(uncertainFront(field, ids, specs, 0.95).knee).toBe('middle');
  expect(uncertainFront(field.slice(0, 2), ids, specs, 0.95).knee).toBeNull();
});
