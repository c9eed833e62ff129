import { expect, test } from 'vitest';
import type { MetricSpec } from '../contracts/index.ts';
import { againstOriginal, counted, foundText, inPercent, inUnit, named, nounOf } from './words.ts';

const accuracy: MetricSpec = {
  id: 'a',
  title: 'Accuracy',
  unit: 'proportion',
  better: 'higher',
  versus: 'difference',
  definition: '',
};
const size: MetricSpec = { id: 's', title: 'Size', unit: 'bytes', better: 'lower', versus: 'ratio', definition: '' };

test('values in their units', () => {
  expect(inUnit(0.9534, 'proportion')).toBe('95.3 %');
  expect(inUnit(1_234_567, 'bytes')).toBe('1.23 MB');
  expect(inUnit(-0.5, 'score')).toBe('−0.5');
  expect(inUnit(12.345, 'ms')).toBe('12.3 ms');
  expect(inUnit(12345, 'requests/s')).toBe('12,345 requests/s');
  expect(inUnit(Number.NaN, 'ms')).toBe('NaN');
});

test('differences and ratios against the original', () => {
  expect(againstOriginal(accuracy, -0.004)).toBe('0.4 points lower');
  expect(againstOriginal(accuracy, 0)).toBe('the same');
  expect(againstOriginal(size, 0.3)).toBe('70 % lower');
  expect(againstOriginal(size, 1.25)).toBe('25 % higher');
  expect(named(accuracy, 'style=casual')).toBe('accuracy for style=casual');
});

test('titles, shares and one point', () => {
  expect(nounOf({ ...accuracy, title: 'Macro F1' })).toBe('macro F1');
  expect(nounOf({ ...accuracy, title: 'CPU time' })).toBe('CPU time');
  expect(inPercent(0.95)).toBe('95 %');
  expect(inPercent(0.975)).toBe('97.5 %');
  expect(againstOriginal(accuracy, 0.01)).toBe('1 point higher');
});

test('a number is a sentence: none, one and many of a share, and of one thing', () => {
  const flips: MetricSpec = {
    ...accuracy,
    title: 'Changed answers',
    noun: 'share of changed answers',
    found: '{} of the answers changed',
  };
  expect(foundText(flips, undefined, 0)).toBe('0 % of the answers changed');
  expect(foundText(flips, 'style=casual', 0.034)).toBe('3.4 % of the answers changed for style=casual');
  expect(named(flips, undefined)).toBe('share of changed answers');
  expect(foundText(accuracy, 'style=casual', 0.95)).toBe('accuracy for style=casual is 95 %');
  expect([0, 1, 2000].map((count) => counted(count, 'answer'))).toEqual(['0 answers', '1 answer', '2,000 answers']);
});
