import { expect, test } from 'vitest';
import { applied } from '../testing/apply.ts';
import { longAfter, longBefore, truncated } from './length.ts';

/** Words as tokens, and two special ones; never more than `most`, as a task counts. */
const limit = (most: number) => ({
  length: { most, count: (text: string) => Math.min(most, (text.match(/\S+/g) ?? []).length + 2) },
});

test('cuts words off the end', () => {
  expect(applied(truncated, 'one two three four five six seven eight nine ten')).toBe(
    'one two three four five six seven',
  );
  expect(applied(truncated, 'one  two ', { strength: 0.5 })).toBe('one');
  expect(applied(truncated, 'one', { strength: 0.9 })).toBe('one');
  expect(applied(truncated, '', { strength: 0.9 })).toBe('');
});

test('a beginning that just fits: the text stands whole below the limit', () => {
  const { length } = limit(60);
  const long = applied(longBefore, 'where is my order', {}, 1, { length });
  expect(long).toMatch(/\. where is my order$/);
  const words = long.split(' ').length + 2;
  expect(words).toBeLessThan(60);
  expect(words).toBeGreaterThan(40);
});

test('an end that does not fit: the text stands first, and the limit is passed', () => {
  const { length } = limit(60);
  const long = applied(longAfter, 'where is my order', {}, 1, { length });
  expect(long).toMatch(/^where is my order [A-Z]/);
  expect(long.split(' ').length + 2).toBeGreaterThan(60);
});

test('nothing to add: no known limit, a text at the limit, an empty text, a limit without room', () => {
  for (const one of [longBefore, longAfter]) {
    expect(applied(one, 'some text')).toBe('some text');
    expect(applied(one, 'w '.repeat(70), {}, 1, limit(60))).toBe('w '.repeat(70));
    expect(applied(one, '', {}, 1, limit(60))).toBe('');
  }
  expect(applied(longBefore, 'some text', {}, 1, limit(6))).toBe('some text');
});
