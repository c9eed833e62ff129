import { expect, test } from 'vitest';
import { counterfactualMetrics } from './counterfactual-metrics.ts';

test('agreement has a better end, leaning has none', () => {
  expect(counterfactualMetrics.filter(({ better }) => (better as string) === 'neither').map(({ id }) => id)).toEqual([
    'counterfactual-texts',
    'counterfactual-shift',
  ]);
});
