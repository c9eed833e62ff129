import fc from 'fast-check';
import { expect, test } from 'vitest';
import { benjaminiHochberg, holm } from './multiplicity.ts';

test('against R p.adjust', () => {
  const p = [0.01, 0.02, 0.03, 0.04, 0.05];
  expect(holm(p)).toEqual([0.05, 0.08, 0.09, 0.09, 0.09].map((one) => expect.closeTo(one, 12)));
  expect(benjaminiHochberg(p)).toEqual(p.map(() => expect.closeTo(0.05, 12)));
  expect(holm([0.04, 0.001])).toEqual([expect.closeTo(0.04, 12), expect.closeTo(0.002, 12)]);
  // scipy.stats.false_discovery_control.
  expect(benjaminiHochberg([0.001, 0.04, 0.03, 0.2, 0.008, 0.04])).toEqual(
    [0.006, 0.048, 0.048, 0.2, 0.024, 0.048].map((one) => expect.closeTo(one, 12)),
  );
  expect(holm([])).toEqual([]);
});

test('adjusted values never shrink, keep the order and stay within 1', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 }), (p) => {
      for (const adjusted of [holm(p), benjaminiHochberg(p)])
        for (const [i, one] of adjusted.entries()) {
          expect(one).toBeGreaterThanOrEqual(p[i]! - 1e-12);
          expect(one).toBeLessThanOrEqual(1);
          for (const [j, other] of adjusted.entries())
            if (p[i]! < p[j]!) expect(one).toBeLessThanOrEqual(other + 1e-12);
        }
    }),
  );
});
