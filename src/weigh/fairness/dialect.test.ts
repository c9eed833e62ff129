import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { dialect } from './dialect.ts';

const swap = (text: string): string | undefined => dialect.swap([text], seeded(1, 'd'))?.texts[0];

test.each([
  ['it is not working', "it ain't workin'"],
  ["Haven't you all paid", "Ain't y'all paid"],
  ['i am going to call and want to pay', 'i am gonna call and wanna pay'],
  ['she is waiting', "she waitin'"],
  ["they're charging me", "they chargin' me"],
])('%s → %s', (before, after) => {
  expect(swap(before)).toBe(after);
});

test('leaves alone what it does not know', () => {
  expect(swap('bring the ring to the king this morning')).toBeUndefined();
  expect(swap('i am at the bank')).toBeUndefined();
});
