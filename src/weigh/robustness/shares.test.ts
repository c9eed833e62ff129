import { expect, test } from 'vitest';
import { mcnemar } from '../../statistics/index.ts';
import { shareOf, sharesVersus } from './shares.ts';

const bits = (...counts: readonly (readonly [number, number])[]): Uint8Array =>
  Uint8Array.from(counts.flatMap(([value, times]) => Array.from({ length: times }, () => value)));

test('counts the four kinds of pairs; McNemar’s mid-p of the specification (20, 8) is .024', () => {
  const before = bits([1, 50], [1, 20], [0, 8], [0, 10]);
  const after = bits([1, 50], [0, 20], [1, 8], [0, 10]);
  const versus = sharesVersus(before, after, 0.95, 'cases');
  expect(versus.evidence).toEqual({
    kind: 'pairs',
    bothRight: 50,
    onlyBaselineRight: 20,
    onlyCandidateRight: 8,
    bothWrong: 10,
  });
  expect(versus.value).toBeCloseTo(-12 / 88, 12);
  expect(versus.low).toBeLessThan(-12 / 88);
  expect(versus.high).toBeLessThan(0);
  if (versus.evidence.kind !== 'pairs') throw new Error('no pairs');
  const { onlyBaselineRight, onlyCandidateRight } = versus.evidence;
  expect(mcnemar(onlyBaselineRight, onlyCandidateRight).midP).toBeCloseTo(0.02412, 6);
  expect(versus.method).toBe('Tango score interval on 88 cases');
});

test('equal answers are no difference, no items know nothing', () => {
  expect(sharesVersus(bits([1, 5]), bits([1, 5]), 0.95, 'cases')).toMatchObject({ value: 0 });
  expect(sharesVersus(bits(), bits(), 0.95, 'cases')).toMatchObject({ value: 0, low: -1, high: 1 });
});

test('a share has Wilson’s interval', () => {
  const share = shareOf('m', bits([1, 8], [0, 2]), 0.95, 'kind=typo');
  expect(share).toMatchObject({ metric: 'm', unit: 'proportion', value: 0.8, samples: 10, slice: 'kind=typo' });
  // Wilson 1927, 8 of 10.
  expect(share.low).toBeCloseTo(0.4902, 4);
  expect(share.high).toBeCloseTo(0.9433, 4);
});
