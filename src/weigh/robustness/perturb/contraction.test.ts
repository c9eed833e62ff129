import { expect, test } from 'vitest';
import { applied } from '../testing/apply.ts';
import { contraction, expansion } from './contraction.ts';

test.each([
  ['I am sure that it is not here', "I'm sure that it's not here"],
  ['i am', "i'm"],
  ['They will not come. We have waited.', "They'll not come. We've waited."],
  ['I can not and cannot', "I can't and can't"],
  ['WE ARE LATE', "WE'RE LATE"],
  ['Do not say what  is wrong', "Don't say what's wrong"],
  ['Will not wait', "Won't wait"],
  ['this is, siam is, amid', 'this is, siam is, amid'],
])('contracts "%s"', (long, short) => {
  expect(applied(contraction, long)).toBe(short);
});

test.each([
  ["I'm sure that it's not here", 'I am sure that it is not here'],
  ["Can't, won’t, Don't", 'Cannot, will not, Do not'],
  ["I'd like what they're having", 'I would like what they are having'],
  ["I'M LATE", 'I AM LATE'],
  ["Anna's order, o'clock", "Anna's order, o'clock"],
])('expands "%s"', (short, long) => {
  expect(applied(expansion, short)).toBe(long);
});

test('one undoes the other', () => {
  for (const text of ["I'm", "you've", "they'll", "doesn't", "won't", "let's", "that's", "she'd"])
    expect(applied(contraction, applied(expansion, text))).toBe(text);
});
