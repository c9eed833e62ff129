import { expect, test } from 'vitest';
import { builtInLists } from './lists.ts';

test('every list has different values, enough to vary', () => {
  for (const values of Object.values(builtInLists)) {
    expect(values.length).toBeGreaterThan(20);
    expect(new Set(values).size).toBe(values.length);
  }
});
