import { expect, test } from 'vitest';
import { techniques } from './index.ts';

test('ids are unique', () => {
  expect(new Set(techniques.map(({ id }) => id)).size).toBe(techniques.length);
});
