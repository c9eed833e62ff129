import { expect, test } from 'vitest';
import { wayForward, type Unsure } from './imprecise.ts';

const calm: Unsure = {
  rounds: 60,
  repeated: 0,
  disturbed: 0,
  unrest: [],
  laps: 3,
  halfWidth: 0.06,
  target: 0.02,
  ofRounds: 0.05,
  evaluator: 'load/latency',
};

test('other work on the machine: measure when it is idle', () => {
  const told = wayForward({
    ...calm,
    repeated: 12,
    disturbed: 8,
    unrest: ['tasks waited for a CPU during 60 % of the time'],
  });
  expect(told).toMatch(
    /^Why: other work took the CPUs in 20 of 72 rounds and tasks waited for a CPU during 60 % of the time\. What helps: the same command again while nothing else runs/,
  );
  expect(told).toContain('max-rounds: 540');
});

test('processes of one model that differ: more of them, not more rounds', () => {
  expect(wayForward({ ...calm, ofRounds: 0.01 })).toBe(
    'Why: processes of the same model differ, and only 3 sets were started. What helps: more processes, weigh: { load/latency: { laps: 12 } }',
  );
  expect(wayForward({ ...calm, ofRounds: 0.01, laps: 1 })).toContain('only one set was started');
});

test('rounds that scatter: as many more as the width asks for, within bounds', () => {
  expect(wayForward(calm)).toBe(
    'Why: the rounds scatter by themselves (± 5.0 %). What helps: more rounds, weigh: { load/latency: { min-rounds: 240, max-rounds: 540, max-seconds: 540 } }',
  );
  expect(wayForward({ ...calm, halfWidth: 2, ofRounds: 2 })).toContain('max-rounds: 960, max-seconds: 600');
  expect(wayForward({ ...calm, evaluator: null })).toMatch(/What helps: a longer session$/);
});

test('it is one remark of a caveat', () => {
  for (const ofRounds of [0.01, 0.05]) expect(wayForward({ ...calm, repeated: 30, ofRounds })).not.toContain(';');
});
