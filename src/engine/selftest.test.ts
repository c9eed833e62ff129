import { expect, test } from 'vitest';
import { selftest } from './selftest.ts';

test('every golden value comes out on this machine', () => {
  const checks = selftest();
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(checks.length).toBeGreaterThan(140);
  expect(new Set(checks.map(({ what }) => what)).size).toBe(checks.length);
  for (const { source, expected, got } of checks) {
    expect(source).not.toBe('');
    expect(Number.isFinite(expected) && Number.isFinite(got)).toBe(true);
  }
});
