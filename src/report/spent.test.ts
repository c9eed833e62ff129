import { expect, test } from 'vitest';
import type { StoreRecord } from '../contracts/index.ts';
import { timeSpent } from './spent.ts';
import { searchFixture } from './testing/search.ts';

const begin = Date.parse('2026-03-02T09:00:00.000Z');
const record = (kind: StoreRecord['kind'], from: number, to: number, more: object = {}): StoreRecord =>
  ({
    kind,
    key: `${kind} ${from}`,
    at: new Date(begin + to * 1000).toISOString(),
    seconds: to - from,
    ...more,
  }) as unknown as StoreRecord;
const run = record('run', 0, 0);
const known = (records: readonly StoreRecord[]): Record<string, number> =>
  Object.fromEntries(
    timeSpent(records).parts.map(({ what, seconds }) => [what.split(':')[0]!, Number(seconds.toFixed(3))]),
  );

test('what went on inside of something else, or beside it, counts once', () => {
  const records = [
    run,
    record('build', 10, 30),
    // Two workers at a time.
    record('build', 20, 40),
    record('predict', 42, 50, { split: 'search-64' }),
    record('measure', 41, 60, { split: 'search-64' }),
    // A look says again what its builds and measurements took, and a search what its looks did.
    record('trial', 10, 60),
    record('step', 10, 25),
    record('explored', 0, 60),
    // All answers are one measurement, which holds those of each version.
    record('predict', 61, 65, { split: 'evaluation' }),
    record('predict', 66, 70, { split: 'evaluation' }),
    record('measure', 60, 71, { split: 'evaluation' }),
    record('predict', 80, 90, { split: 'holdback' }),
    record('choice', 75, 100),
  ];
  expect(known(records)).toEqual({
    'Building versions': 30,
    'Looks of the search': 19,
    Deciding: 15,
    'Checks on held-back data': 10,
    'Answering the evaluation data': 8,
    Measuring: 3,
    Other: 15,
  });
  expect(timeSpent(records).seconds).toBe(100);
});

test('the parts add up to the time by the clock, whatever lies in whatever', () => {
  let state = 7;
  const next = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  const records = Array.from({ length: 400 }, (_, at) => {
    const from = next() * 1000;
    return record(at % 3 === 0 ? 'build' : 'measure', from, from + next() * 40, {
      split: at % 2 === 0 ? 'evaluation' : 'holdback',
    });
  });
  const { seconds, parts } = timeSpent([run, ...records]);
  expect(parts.reduce((sum, part) => sum + part.seconds, 0)).toBeCloseTo(seconds, 6);
  expect(seconds).toBeLessThanOrEqual(1040);
  expect(parts.every((part) => part.seconds >= 0)).toBe(true);
});

test('what came from the cache took nothing here; a run of nothing took nothing', () => {
  expect(known([run, record('build', -500, -100, { cached: true }), record('build', 2, 5)])).toEqual({
    'Building versions': 3,
    Other: 2,
  });
  expect(timeSpent([])).toEqual({ seconds: 0, parts: [] });
  expect(timeSpent([run]).seconds).toBe(0);
});

test('the records of a whole run', () => {
  const { seconds, parts } = timeSpent(searchFixture('chosen'));
  expect(parts.reduce((sum, part) => sum + part.seconds, 0)).toBeCloseTo(seconds, 6);
});
