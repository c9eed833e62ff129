import { expect, test } from 'vitest';
import { applied } from '../testing/apply.ts';
import { negationAdded, negationRemoved } from './negation.ts';

test.each([
  ['My parcel is here and it was late', 'My parcel is not here and it was late'],
  ['Can you help me', 'Can you not help me'],
  ['I want a refund', 'I do not want a refund'],
  ['I know that it is late', 'I do not know that it is late'],
  ['It is not here but it will be', 'It is not here but it will not be'],
  ["It isn't here", "It isn't here"],
  ['Cancel my order', 'Cancel my order'],
])('adds: "%s"', (text, denied) => {
  expect(applied(negationAdded, text)).toBe(denied);
});

test.each([
  ['It is not here', 'It is here'],
  ["I don't want it, I can't use it, I won't pay", 'I do want it, I can use it, I will pay'],
  ['I cannot log in. Do you not know?', 'I can log in. Do you know?'],
  ["CAN'T, Won’t", 'CAN, Will'],
  ['a knot, nothing, another', 'a knot, nothing, another'],
])('removes: "%s"', (text, affirmed) => {
  expect(applied(negationRemoved, text)).toBe(affirmed);
});

test('both say that the meaning changes', () => {
  expect([negationAdded.meaning, negationRemoved.meaning]).toEqual(['changed', 'changed']);
});
