import { expect, test } from 'vitest';
import { invisible, lookalikes } from './lookalikes.ts';

test('writes one letter in another script at a time', () => {
  expect(lookalikes('pact')).toEqual(['\u0440act', 'p\u0430ct', 'pa\u0441t']);
  expect(lookalikes('123')).toEqual([]);
});

test('no look-alike is a Latin letter', () => {
  for (const letter of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ')
    for (const twin of lookalikes(letter)) expect(twin).toMatch(/^[^\p{Script=Latin}]$/u);
});

test('invisible characters have no width: formatting characters all', () => {
  for (const one of invisible) expect(one).toMatch(/^\p{Cf}$/u);
});
