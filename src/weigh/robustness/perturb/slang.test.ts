import { expect, test } from 'vitest';
import { applied } from '../testing/apply.ts';
import { slang } from './slang.ts';

const words = new Map([
  ['log in', 'hop on'],
  ['money', 'dosh'],
]);

test('replaces words and phrases of the list, case kept', () => {
  expect(applied(slang, 'Log in, MONEY! Moneybags', {}, 1, { slang: words })).toBe('Hop on, DOSH! Moneybags');
  expect(applied(slang, 'money', { strength: 0 }, 1, { slang: words })).toBe('money');
});

test('without a list nothing changes', () => {
  expect(applied(slang, 'money')).toBe('money');
});
