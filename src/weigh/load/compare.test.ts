import { expect, test } from 'vitest';
import type { Trial } from '../../contracts/index.ts';
import { seeded } from '../../statistics/index.ts';
import { workbench } from '../../runtime/testing/trial.ts';
import { collect, judge, measureMedian } from './compare.ts';
import type { Interleaved } from './interleave.ts';
import type { Round, Turn } from './rounds.ts';

const turnOf = (ms: number): Turn => ({ ms, cpuMs: ms, samples: [ms], turnMs: ms, wallMs: ms, involuntarySwitches: 0 });

/** A session from a formula: ms of an arm in a round. */
const groupOf = (
  ms: (arm: string, round: number) => number,
  failed: Interleaved['failed'] = new Map(),
): Interleaved => {
  const arms = ['baseline', 'baseline (again)', 'fast'].filter((arm) => !failed.has(arm));
  const rounds = Array.from({ length: 60 }, (_, round): Round => ({
    lap: Math.floor(round / 20),
    turns: new Map(arms.map((arm) => [arm, turnOf(ms(arm, round))])),
  }));
  const common = { laps: 3, warmUps: new Map(), repeated: 0, disturbed: 0, reachedTarget: true };
  return { ...common, candidates: ['fast'], rounds, failed };
};
const bench = await workbench();
const context = bench.context();
const trial: Trial = { ...bench.trial({ id: 'baseline' } as Trial['baseline'], [{ id: 'fast' } as Trial['baseline']]) };
await bench.remove();
const noise = (arm: string, round: number): number => Math.exp(0.01 * seeded(round, arm).normal());
const read = ({ ms }: Turn): number => ms;
const metric = { metric: 'latency-p50', unit: 'ms' as const, read, convert: null };

test('a drift that all versions share cancels in the ratio', () => {
  const drifting = groupOf((arm, round) => (arm === 'fast' ? 2 : 4) * (1 + round / 20) * noise(arm, round));
  const [session] = judge(trial, [drifting], read, 0.02, 'test', context);
  expect(session!.caveat).toBeNull();
  const { versus } = measureMedian(trial, session!, 'fast', metric, context);
  expect(versus!.value).toBeCloseTo(0.5, 1);
  expect(versus!.high - versus!.low).toBeLessThan(0.03);
  expect(versus!.evidence.kind).toBe('bootstrap');
  expect(measureMedian(trial, session!, 'baseline', metric, context).versus?.method).toMatch(/^A\/A arm/);
});

test('identical models that differ, or cannot be told apart, make every number carry a warning', () => {
  const biased = groupOf((arm, round) => (arm === 'baseline (again)' ? 1.2 : 1) * noise(arm, round));
  const [session] = judge(trial, [biased], read, 0.02, 'test', context);
  expect(session!.caveat).toMatch(/^unreliable session: .*1\.2/);
  expect(measureMedian(trial, session!, 'fast', metric, context).caveat).toBe(session!.caveat);
  // The copy seemed 20 % slower, so every ratio may lean by as much, to either side; the A/A arm itself is shown as it was.
  const { versus } = measureMedian(trial, session!, 'fast', metric, context);
  expect(versus!.low).toBeLessThan(0.86);
  expect(versus!.high).toBeGreaterThan(1.17);
  expect(measureMedian(trial, session!, 'baseline', metric, context).versus!.low).toBeGreaterThan(1.1);
  const wild = groupOf((arm, round) => Math.exp(0.5 * seeded(round, arm).normal()));
  expect(judge(trial, [wild], read, 0.02, 'test', context)[0]!.caveat).toMatch(
    /^imprecise session: .*the aim was ± 2\.0 %\. Why: the rounds scatter by themselves .* What helps: a longer session$/,
  );
});

test('conversion to a rate keeps the pairing and turns the ratio around', () => {
  const [session] = judge(
    trial,
    [groupOf((arm, round) => (arm === 'fast' ? 2 : 4) * noise(arm, round))],
    read,
    0.02,
    'test',
    context,
  );
  const rate = measureMedian(
    trial,
    session!,
    'fast',
    { ...metric, unit: 'requests/s', convert: (ms) => 1000 / ms },
    context,
  );
  expect(rate.value).toBeCloseTo(500, -1);
  expect(rate.versus!.value).toBeCloseTo(2, 1);
});

test('outcomes name the failed', () => {
  const failed = new Map([['fast', { code: 'runtime/crashed', message: 'gone' }]]);
  const sessions = judge(trial, [groupOf((arm, round) => noise(arm, round), failed)], read, 0.02, 'test', context);
  const outcomes = collect(trial, sessions, (session, arm) => [measureMedian(trial, session, arm, metric, context)]);
  expect(outcomes.get('fast')).toEqual({ kind: 'failed', code: 'runtime/crashed', message: 'gone' });
  expect(outcomes.get('baseline')).toMatchObject({ kind: 'measured' });
});
