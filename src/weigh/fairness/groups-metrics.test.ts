import { expect, test } from 'vitest';
import { groupMetrics, unitOf } from './groups-metrics.ts';

test('p-values and counts have no better end; the others do', () => {
  expect(groupMetrics.filter(({ better }) => (better as string) === 'neither').map(({ id }) => id)).toEqual([
    'groups-compared',
    'flips-by-group',
    'harm-by-group',
  ]);
  expect(unitOf.get('group-harm')).toBe('ratio');
});
