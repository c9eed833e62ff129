import { expect, test } from 'vitest';
import { every, playedOf, queueOf, spec } from '../testing/played.ts';
import { percentilesOf, summarize, type RunSpec } from './summary.ts';

test('percentiles are order statistics, and only where the number supports them', () => {
  const ordered = Float64Array.from({ length: 100 }, (_, i) => i);
  expect(percentilesOf(ordered, [0.5, 0.9, 0.99])).toEqual([
    { p: 0.5, ms: 50 },
    { p: 0.9, ms: 90 },
    { p: 0.99, ms: null },
  ]);
  expect(percentilesOf(new Float64Array(0), [0.5])).toEqual([{ p: 0.5, ms: null }]);
});

test('a server that keeps the limit is valid', () => {
  const summary = summarize(queueOf(every(10, 700), 4), spec);
  expect(summary).toMatchObject({
    valid: true,
    queries: 700,
    answered: 700,
    achieved: 1,
    overLimit: 0,
    saturated: false,
  });
  expect(summary.goodput).toBeCloseTo(99.9, 0);
});

test('each way to be invalid is named', () => {
  const reasons = (played: ReturnType<typeof queueOf>, more: Partial<RunSpec> = {}): string =>
    summarize(played, { ...spec, ...more }).reasons.join(' | ');
  expect(reasons(queueOf(every(10, 100), 4))).toMatch(
    /lasted 1\.0 s, at least 5\.0 s.*100 queries were sent, at least 400.*too few to say/,
  );
  expect(reasons(queueOf(every(10, 700), 12))).toMatch(/took longer than 20 ms, at most 1 may.*the queue grew/);
  expect(
    reasons(
      playedOf(
        every(10, 700),
        every(10, 700).map((at) => (at === 70 ? null : 3)),
      ),
    ),
  ).toMatch(/^1 of 700 queries were not answered/);
  const late = queueOf(every(10, 700), 1);
  expect(reasons({ ...late, sentMs: late.sentMs.map((ms) => ms + 15) })).toMatch(/more than 10 ms late/);
});

test('streams report the early-stopping percentile, offline samples a second', () => {
  const stream: RunSpec = { ...spec, scenario: 'single-stream', rate: null, limitMs: null, minMs: 100, minQueries: 20 };
  const few = summarize(
    playedOf(
      every(5, 63),
      every(5, 63).map(() => 4),
    ),
    stream,
  );
  expect(few.reasons).toEqual(['63 queries are too few for the 90th percentile with 99 % confidence']);
  const enough = summarize(
    playedOf(
      every(5, 64),
      every(5, 64).map(() => 4),
    ),
    stream,
  );
  expect(enough).toMatchObject({ valid: true, earlyStopping: { p: 0.9, ms: 4 } });
  const offline: RunSpec = { ...stream, scenario: 'offline', samplesPerQuery: 8 };
  const pile = summarize(
    queueOf(
      Array.from({ length: 50 }, () => 0),
      4,
    ),
    offline,
  );
  expect(pile.completedRate).toBeCloseTo(2_000);
});
