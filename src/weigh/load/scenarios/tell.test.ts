import { expect, test } from 'vitest';
import type { Judged } from '../compare.ts';
import { playedOf } from '../testing/played.ts';
import type { LoadGroup } from './runs.ts';
import { loadCaveat, ownMeasurement, turnsOf } from './tell.ts';
import { turnOf, type LoadTurn } from './turn.ts';

const watched = { ms: 1, stolenMs: 0, pressureMs: 0, throttledMs: 0, heatEvents: 0, clockJumpMs: 0 };
const group = {
  rounds: [
    { lap: 0, turns: new Map([['a', turnOf(playedOf([0, 1], [1, null]), watched, 1)]]) },
    { lap: 0, turns: new Map([['b', turnOf(playedOf([0, 1], [1, 1]), watched, 1)]]) },
  ],
  violations: new Map([['b', [{ code: 'load/caching', message: 'answers seem to be cached' }]]]),
  notes: ['cannot be read here: stolen time'],
} as unknown as LoadGroup;
const session = { group, caveat: 'unreliable session: so it seems' } as unknown as Judged<LoadTurn>;

test('the session, broken rules, faults and the machine are all told', () => {
  expect(turnsOf(session, 'a')).toHaveLength(1);
  expect(loadCaveat(session, [group], 'a', ['assumed', null])).toBe(
    'unreliable session: so it seems; assumed; of 2 requests: endpoint/dropped 1; cannot be read here: stolen time; not an MLPerf result (shorter runs)',
  );
  expect(loadCaveat(session, [group], 'b')).toMatch(/; load\/caching: answers seem to be cached; cannot/);
});

test('a number without a comparison has the range of its runs', () => {
  const base = { metric: 'm', unit: 'ms' as const, confidence: 0.95 };
  expect(ownMeasurement(base, 5, [1, 2], 9, 'c')).toEqual({
    ...base,
    value: 5,
    low: 1,
    high: 5,
    samples: 9,
    caveat: 'c',
  });
});
