import { expect, test } from 'vitest';
import { krippendorffAlpha } from './agreement.ts';
import { agreements, ratedItems } from './golden.ts';

test.each(agreements.flatMap(({ people, alphas }) => alphas.map((one) => [people, ...one] as const)))(
  'published values: %j, %s α is %f',
  (people, scale, alpha, digits) => {
    expect(krippendorffAlpha(ratedItems(people), scale)).toBeCloseTo(alpha, digits);
  },
);

test('full agreement is 1, opposite ratings are worse than chance', () => {
  expect(krippendorffAlpha(ratedItems(['1212', '1212']), 'nominal')).toBe(1);
  expect(krippendorffAlpha(ratedItems(['1212', '2121']), 'nominal')).toBeLessThan(0);
});

test('nothing can be said of one value alone, of one rater, of no item', () => {
  expect(krippendorffAlpha(ratedItems(['11', '11']), 'ordinal')).toBeNull();
  expect(krippendorffAlpha(ratedItems(['12']), 'nominal')).toBeNull();
  expect(krippendorffAlpha([], 'interval')).toBeNull();
});
