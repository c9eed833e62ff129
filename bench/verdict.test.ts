import { expect, test } from 'vitest';
import { accuracyFinding, costFinding, errorFinding, notMore, speedFinding, verdict, worth } from './verdict.ts';

const ratio = (low: number, value: number, high: number) => ({ low, value, high });

test('a ratio is judged by its interval: surely more, surely not, or open', () => {
  expect(notMore(ratio(0.9, 0.95, 0.99))).toBe('holds');
  expect(notMore(ratio(0.99, 1, 1.02))).toBe('holds');
  expect(notMore(ratio(1.005, 1.01, 1.015))).toBe('holds');
  expect(notMore(ratio(0.9, 1, 1.1))).toBe('undecided');
  expect(notMore(ratio(1.011, 1.05, 1.1))).toBe('fails');
  expect(notMore(ratio(0, 1, Number.POSITIVE_INFINITY))).toBe('undecided');
  // No number is no answer in our favor.
  expect(notMore(ratio(Number.NaN, Number.NaN, Number.NaN))).toBe('undecided');
});

test('a slower version is named with its shape and number', () => {
  expect(speedFinding('8 × 128', ratio(1.05, 1.12, 1.2))).toEqual({
    answer: 'fails',
    words: 'slower at 8 × 128 (1.12× [1.05, 1.20] the time)',
  });
  expect(errorFinding(ratio(1.2, 1.3, 1.4)).words).toBe('larger error (1.30× [1.20, 1.40])');
});

test('accuracy: few examples leave it open, many lost answers fail, equal answers hold', () => {
  expect(accuracyFinding({ b: 0, c: 0, n: 300 }).answer).toBe('undecided');
  expect(accuracyFinding({ b: 3, c: 2, n: 4500 }).answer).toBe('holds');
  expect(accuracyFinding({ b: 60, c: 10, n: 4500 }).answer).toBe('fails');
});

test('costs: at most a share of the peer’s; a thousandth more is not more', () => {
  expect(costFinding('file', 1001, 1000, 1).answer).toBe('holds');
  expect(costFinding('file', 1010, 1000, 1)).toEqual({
    answer: 'fails',
    words: 'file: 1.01 times as much, the aim is no more',
  });
  expect(costFinding('peak memory', 100, 500, 1 / 5).answer).toBe('holds');
  expect(costFinding('time to produce', 1, 2, 1 / 3).words).toBe(
    'time to produce: 2.0 times less, the aim is 3 times less',
  );
});

test('the verdict puts losses first and hides nothing', () => {
  const good = costFinding('file', 1, 2, 1);
  const bad = costFinding('file', 2, 1, 1);
  const open = speedFinding('1 × 16', ratio(0.9, 1, 1.1));
  expect(verdict([good])).toBe('holds');
  expect(verdict([good, open])).toBe('undecided: slower or not is open at 1 × 16 (1.00× [0.90, 1.10] the time)');
  expect(verdict([good, open, bad])).toMatch(
    /^does not hold: file: 2\.00 times as much.*\(open: slower or not is open/,
  );
  expect(verdict([])).toBe('nothing was compared');
});

test('a version pays where its whole interval is on the good side, costs where it is on the bad one', () => {
  const timed = [
    { where: 'a', ratio: ratio(0.9, 0.95, 0.98) },
    { where: 'b', ratio: ratio(0.9, 0.98, 0.995) },
    { where: 'c', ratio: ratio(1.02, 1.05, 1.1) },
    { where: 'd', ratio: ratio(0, 0.5, Number.POSITIVE_INFINITY) },
    { where: 'e', ratio: null },
  ];
  expect(worth(timed)).toEqual({ pays: ['a'], costs: ['c'] });
});
