import { expect, test } from 'vitest';
import { check, selftest } from './selftest.ts';

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

test('a difference is seen: beyond half a step of the last digit, any at all in whole numbers, and no number', () => {
  const ok = (expected: number, digits: number, got: number) => check('', '', expected, digits, got).ok;
  expect(ok(0.25, 2, 0.2549)).toBe(true);
  expect(ok(0.25, 2, 0.2551)).toBe(false);
  expect(ok(662, 0, 662)).toBe(true);
  expect(ok(662, 0, 663)).toBe(false);
  expect(ok(0.25, 2, Number.NaN)).toBe(false);
});
