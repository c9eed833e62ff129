import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytes, decimalsFor, duration, fixed, percent, scaleOf, show, signed, together } from './numbers.ts';

test.each([
  [2.913, 2.71, 3.11, '2.9 [2.7, 3.1]'],
  [2.913, 2.89, 2.94, '2.91 [2.89, 2.94]'],
  [1234.5, 1190, 1280, '1,230 [1,190, 1,280]'],
  [0.04, -0.1, 0.2, '0.04 [−0.10, 0.20]'],
  [0.14, -0.2, 0.5, '0.1 [−0.2, 0.5]'],
  [11.93, 11.93, 11.93, '11.9'],
  [4290511, 4290511, 4290511, '4,290,511'],
  [2.2, -Infinity, 3, '2.20 [−∞, 3.00]'],
  [0, 0, 0, '0'],
  [10.853, 10.842, 10.861, '10.85 [10.84, 10.86]'],
  [-10.8534, -10.8612, -10.8421, '−10.85 [−10.86, −10.84]'],
  [48_217.3, 48_214, 48_220, '48,220 [48,210, 48,220]'],
  [0.00123456, 0.0012345, 0.0012347, '0.001235 [0.001235, 0.001235]'],
])('%f in [%f, %f] is shown as %s', (value, low, high, text) => {
  expect(together(show(value, low, high))).toBe(text);
});

test('no number is shown finer than a tenth of its interval’s half-width, nor coarser than the half-width unless four figures say it', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-4, max: 1e5, noNaN: true }),
      (value, half) => {
        const step = 10 ** -decimalsFor(value, value - half, value + half);
        const actual = (value + half - (value - half)) / 2;
        const largest = Math.max(Math.abs(value - half), Math.abs(value + half));
        expect(step).toBeLessThanOrEqual(Math.max(actual, largest / 1000) * 1.0001);
        const smallest = Math.min(Math.abs(value), Math.abs(value - half), Math.abs(value + half));
        const finer = step >= 1 && smallest < 100 * step ? 10 : 1;
        expect(step).toBeGreaterThanOrEqual(Math.max(actual / 16.1 / finer, (largest / 10_000) * 0.9999));
      },
    ),
    { seed: 3 },
  );
});

test('a bound keeps a figure of its own where the interval is wide', () => {
  expect(together(show(-11, -47, -6))).toBe('−11 [−47, −6]');
  expect(together(show(31, -64, 260))).toBe('30 [−60, 260]');
  expect(together(show(302, 3, 590))).toBe('300 [0, 590]');
});

test('signs: a true minus, a plus for gains, and never minus zero', () => {
  expect(fixed(-0.04, 1)).toBe('0.0');
  expect(fixed(-2.5, 1)).toBe('−2.5');
  expect(signed(2.5, 1)).toBe('+2.5');
  expect(signed(0.04, 1)).toBe('0.0');
  expect(fixed(Number.NaN, 1)).toBe('not a number');
});

test('exact shares keep two figures', () => {
  expect(percent(0.7104, 0.7104, 0.7104).text).toBe('71');
  expect(percent(0.0741, 0.0741, 0.0741).text).toBe('7.4');
  expect(percent(0.9963, 0.9963, 0.9963).text).toBe('99.6');
});

test('units: decimal bytes, long times in seconds', () => {
  expect(bytes(14_812_331)).toBe('14.8 MB');
  expect(bytes(20_000_000)).toBe('20 MB');
  expect(bytes(999)).toBe('999 bytes');
  expect(scaleOf('bytes', 2e9, null).label).toBe('GB');
  expect(scaleOf('ms', 12_000, null)).toMatchObject({ factor: 1e-3, label: 's' });
  expect(scaleOf('currency/million requests', 1, 'EUR').label).toBe('EUR');
  expect([0.2, 90, 250, 7500].map(duration)).toEqual(['under 1 s', '90 s', '4 min 10 s', '2 h 5 min']);
});
