import { expect, test } from 'vitest';
import type { TrialRecord } from '../../contracts/index.ts';
import { timePlan, timingSeconds } from './time.ts';
import { plannedTraining, trainedPart, trainingAccount } from './training.ts';

const student = { technique: 'distill/student', options: { minutes: 0.5 } };
const int8 = { technique: 'quantize/dynamic', options: {} };
const chain = (...steps: TrialRecord['chain']['steps']) => ({ id: 'x', steps, session: {} });
const trial = (seconds: number, rung: number, more: Partial<TrialRecord> = {}): TrialRecord => ({
  kind: 'trial',
  key: '',
  at: '',
  seconds,
  search: '',
  point: [0],
  rung,
  chain: chain(int8),
  outcome: { kind: 'looked', objectives: [0], errors: [0], misses: 0, hopeless: false },
  batch: 0,
  ...more,
});

test('the final weighing gets what search, training and answering leave of the time, within bounds', () => {
  const plan = timePlan({ budget: { minutes: 10 }, search: { share: 0.4 } as never });
  // Ten minutes without one for what happens anyway.
  expect(plan).toMatchObject({ total: 540, search: 216, training: 108 });
  expect(timingSeconds(plan, [], 6)).toBe(324);
  // 540 − (40 + 60 + 100 of training) − 6 × 30.
  const trials = [trial(40, 0), trial(30, 1), trial(30, 1, { trainingSeconds: 100 })];
  expect(timingSeconds(plan, trials, 6)).toBe(540 - 200 - 180);
  expect(timingSeconds(plan, [trial(530, 0)], 6)).toBe(108);
});

test('of a short budget at most two fifths are kept for what happens anyway, and one training fits into the time for all', () => {
  const plan = timePlan({ budget: { minutes: 1 }, search: { share: 0.4 } as never });
  expect(plan.total).toBeCloseTo(36);
  expect(plan.search + plan.training).toBeLessThan(plan.total);
  expect(plan.oneTraining).toBeGreaterThan(0);
  expect(plan.oneTraining).toBeLessThan(plan.training);
});

test('a network that was trained is there for every chain that shares it; another needs time of its own', () => {
  expect(trainedPart(chain(int8))).toBeNull();
  expect(trainedPart(chain(student, int8))).toBe(trainedPart(chain(student)));
  expect(plannedTraining(chain(student, int8))).toBe(30);
  const other = { technique: 'distill/student', options: { minutes: 0.4 } };
  const account = trainingAccount([trial(1, 0, { chain: chain(student), trainingSeconds: 25 })], 40);
  expect(account.admits(chain(int8))).toBe(true);
  expect(account.admits(chain(student, int8))).toBe(true);
  // 25 + 24 is more than 40.
  expect(account.admits(chain(other))).toBe(false);
  expect(trainingAccount([], 40).admits(chain(student))).toBe(true);
});
