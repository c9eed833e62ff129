import { expect, test } from 'vitest';
import { applied } from '../testing/apply.ts';
import { sms } from './sms.ts';

test('abbreviates, drops vowels and apostrophes', () => {
  expect(applied(sms, 'Are you at home tomorrow', { strength: 1 })).toBe('R u @ home tmrw');
  expect(applied(sms, "customer's message number", { strength: 1 })).toMatch(/msg nmbr$/);
  expect(applied(sms, 'ça même', { strength: 1 })).toBe('ça même');
  expect(applied(sms, 'Are you at home', { strength: 0 })).toBe('Are you at home');
});
