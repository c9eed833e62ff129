import { expect, test } from 'vitest';
import { clustersOf, membersOf } from './clusters.ts';

test('items with the same key share a cluster, numbered by appearance', () => {
  const clusters = clustersOf(['q7', 'q2', 'q7', 'q1', 'q2']);
  expect([...clusters]).toEqual([0, 1, 0, 2, 1]);
  expect(membersOf(clusters)).toEqual([[0, 2], [1, 4], [3]]);
  expect(membersOf([])).toEqual([]);
});
