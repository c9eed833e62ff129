import { expect, test } from 'vitest';
import { searchers } from './index.ts';
import { conformance } from './testing/conformance.ts';

test('ids are unique', () => {
  expect(new Set(searchers.map(({ id }) => id)).size).toBe(searchers.length);
});

for (const searcher of searchers) conformance(searcher);
