import { expect, test } from 'vitest';
import { peakSearch, type PeakSettings } from './peak-search.ts';

const settings: PeakSettings = { start: 10, precision: 0.05, maxProbes: 30, floor: 0.1 };
const search = (capacity: number, more: Partial<PeakSettings> = {}) => {
  const one = peakSearch({ ...settings, ...more });
  const tried: number[] = [];
  for (let rate = one.next(); rate !== null; rate = one.next()) {
    tried.push(rate);
    one.tell(rate, rate <= capacity);
  }
  return { low: one.low, high: one.high, tried };
};

test.each([3, 10, 77.7, 5_000])('finds a capacity of %d within the precision', (capacity) => {
  const { low, high } = search(capacity);
  expect(low).toBeLessThanOrEqual(capacity);
  expect(high).toBeGreaterThan(capacity);
  expect(high / low).toBeLessThanOrEqual(1.05);
});

test('doubles until it fails, then halves what is between', () => {
  const { tried } = search(35);
  expect(tried.slice(0, 3)).toEqual([10, 20, 40]);
  expect(tried[3]).toBeCloseTo(Math.sqrt(20 * 40));
  expect(search(35, { step: 1.3 }).tried[1]).toBeCloseTo(13);
});

test('is bounded: by the number of probes, and below', () => {
  expect(search(1e9, { maxProbes: 4 })).toMatchObject({ low: 80, high: Number.POSITIVE_INFINITY });
  const none = search(0);
  expect(none.low).toBe(0);
  expect(none.tried.at(-1)).toBe(0.1);
  expect(none.tried).toHaveLength(8);
  expect(search(0.15).low).toBeGreaterThan(0.14);
});

test('a rate that passes above one that failed does not count', () => {
  const one = peakSearch(settings);
  one.tell(20, false);
  one.tell(40, true);
  expect(one.low).toBeLessThan(20);
  expect(one.next()).toBeNull();
});
