import { expect, test } from 'vitest';
import { applied } from '../testing/apply.ts';
import { lowerCase, randomCase, titleCase, upperCase } from './casing.ts';

const text = "Where's MY order, Ms. O'Neil? naïve";

test('known answers', () => {
  expect(applied(lowerCase, text)).toBe("where's my order, ms. o'neil? naïve");
  expect(applied(upperCase, text)).toBe("WHERE'S MY ORDER, MS. O'NEIL? NAÏVE");
  expect(applied(titleCase, text)).toBe("Where's MY Order, Ms. O'Neil? Naïve");
});

test('random case flips letters only, about one in five', () => {
  const long = text.repeat(300);
  const changed = applied(randomCase, long);
  expect(changed.toLowerCase()).toBe(long.toLowerCase());
  const [letters, flipped] = [
    long.match(/\p{L}/gu)!.length,
    Array.from(long).filter((one, at) => one !== changed[at]).length,
  ];
  expect(Math.abs(flipped / letters - 0.2)).toBeLessThan(0.02);
  expect(applied(randomCase, 'aB', { strength: 1 })).toBe('Ab');
});
