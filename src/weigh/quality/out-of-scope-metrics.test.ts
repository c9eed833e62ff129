import { expect, test } from 'vitest';
import { outOfScopeMetrics } from './out-of-scope-metrics.ts';

test('every metric is compared with the original, and only usual entropy has no better end', () => {
  expect(outOfScopeMetrics.every(({ versus }) => versus === 'difference')).toBe(true);
  expect(outOfScopeMetrics.filter(({ better }) => better === 'neither').map(({ id }) => id)).toEqual([
    'in-scope-entropy',
  ]);
});
