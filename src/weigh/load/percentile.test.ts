import { expect, test } from 'vitest';
import { about, drivenWorld } from './testing/driven.ts';
import type { Judged } from './compare.ts';
import { measurePercentile } from './percentile.ts';
import type { Turn } from './rounds.ts';

const turn = (samples: readonly number[]): Turn => ({
  ms: 1,
  cpuMs: 1,
  samples,
  turnMs: 1,
  wallMs: 1,
  involuntarySwitches: 0,
});
const session = (rounds: number, calls: number): Judged => ({
  group: {
    candidates: ['half'],
    rounds: Array.from({ length: rounds }, (_, round) => {
      const samples = Array.from({ length: calls }, (_call, i) => 10 + i + round / 100);
      return {
        lap: 0,
        turns: new Map([
          ['baseline', turn(samples)],
          ['half', turn(samples.map((ms) => ms / 2))],
        ]),
      };
    }),
    laps: 1,
    warmUps: new Map(),
    repeated: 0,
    disturbed: 0,
    reachedTarget: true,
    failed: new Map(),
  },
  spread: { sd: 0, degreesOfFreedom: 0 },
  again: { value: 1, low: 1, high: 1, evidence: { kind: 'exact' } },
  caveat: 'as told',
});

test('the early-stopping order statistic with interval and paired ratio, or what it lacks where there are too few', () => {
  const world = drivenWorld();
  const trial = world.trial(world.subject('baseline', about(1, 'b')), [world.subject('half', about(1, 'h'))]);
  const p99 = { metric: 'p99', percentile: 0.99 };
  const more = { calls: 'calls', evaluator: 'load/latency', option: 'min-calls' };
  const measure = (rounds: number, calls: number, arm: string) =>
    measurePercentile(trial, session(rounds, calls), arm, p99, more, world.context());
  expect(measure(10, 66, 'half')).toEqual({
    metric: 'p99',
    unit: 'ms',
    value: Number.NaN,
    low: Number.NaN,
    high: Number.NaN,
    confidence: 0.95,
    samples: 660,
    caveat:
      'it needs 662 calls and there were 660: under weigh, set min-calls of load/latency to 662 and give it the time for them (max-seconds, and minutes of budget); the slowest took 37.5 ms; as told',
  });
  const found = measure(10, 67, 'half');
  // 670 samples: one may lie above the estimate, so it is the largest.
  expect(found).toMatchObject({ samples: 670, value: (10 + 66 + 0.09) / 2, caveat: 'as told' });
  expect(found.versus!.value).toBeCloseTo(0.5);
  expect(measure(10, 67, 'baseline').versus).toBeUndefined();
});
