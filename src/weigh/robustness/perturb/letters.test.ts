import { expect, test } from 'vitest';
import { applied } from '../testing/apply.ts';
import { double, dropLetter, swap } from './letters.ts';

const every = { strength: 1 };

test('inner letters change, the first and the last stay, words of three letters and numbers stay', () => {
  for (let seed = 0; seed < 30; seed++) {
    expect(['acbde', 'abdce'].map((one) => one)).toContain(applied(swap, 'abcde', every, seed));
    expect(['acde', 'abde', 'abce']).toContain(applied(dropLetter, 'abcde', every, seed));
    expect(['abbcde', 'abccde', 'abcdde']).toContain(applied(double, 'abcde', every, seed));
    for (const one of [swap, dropLetter, double])
      expect(applied(one, 'the 12345 a1b2c', every, seed)).toBe('the 12345 a1b2c');
  }
});

test('four letters are the fewest, and marks go with their letters', () => {
  expect(applied(swap, 'abcd', every)).toBe('acbd');
  expect(applied(swap, 'xe\u0301to', every)).toBe('xte\u0301o');
});

test('one word in ten by default', () => {
  const count = applied(swap, 'abcd '.repeat(5000)).match(/acbd/g)!.length;
  expect(Math.abs(count / 5000 - 0.1)).toBeLessThan(3 * Math.sqrt(0.09 / 5000));
});
