import { expect, test } from 'vitest';
import { affordableSteps, durationText, progressText } from './pace.ts';

test('durations in words', () => {
  expect([-1, 0, 59.4, 60, 3599, 4800].map(durationText)).toEqual([
    '0 s',
    '0 s',
    '59 s',
    '1 min',
    '1 h 0 min',
    '1 h 20 min',
  ]);
});

const at = { plannedSteps: 1000, epochSteps: 1000, judging: 0, limit: 100 };

test('the number of steps is held against the time once a tenth of it is over', () => {
  expect(affordableSteps({ ...at, steps: 5, timed: 5, training: 9, seconds: 9 })).toBeNull();
  expect(affordableSteps({ ...at, steps: 0, timed: 0, training: 0, seconds: 50 })).toBeNull();
  // 10 steps in 10 s; 90 s left, of which 95 % may go into steps.
  expect(affordableSteps({ ...at, steps: 10, timed: 10, training: 10, seconds: 10 })).toBe(95);
  // All that was planned fits.
  expect(affordableSteps({ ...at, steps: 10, timed: 10, plannedSteps: 50, training: 10, seconds: 10 })).toBe(50);
  // Never less than what is done and one.
  expect(affordableSteps({ ...at, steps: 10, timed: 10, plannedSteps: 50, training: 100, seconds: 100 })).toBe(11);
});

test('what came before the first step says nothing about the speed of steps', () => {
  // 40 s of preparation: too early after one step of half a second, of the 60 s that are left for steps.
  expect(affordableSteps({ ...at, steps: 1, timed: 1, training: 0.5, seconds: 40.5 })).toBeNull();
  expect(affordableSteps({ ...at, steps: 12, timed: 12, training: 6, seconds: 46 })).toBe(
    12 + Math.floor(54 * 0.95 * 2),
  );
  // Steps of earlier epochs are not timed again.
  expect(affordableSteps({ ...at, steps: 112, timed: 12, training: 6, seconds: 46 })).toBe(
    112 + Math.floor(54 * 0.95 * 2),
  );
});

test('the time for validation is left, after every epoch and at the end', () => {
  // 10 s for validation at the end, and a step costs 1 s and a tenth of a validation.
  expect(
    affordableSteps({ ...at, epochSteps: 100, judging: 10, steps: 10, timed: 10, training: 10, seconds: 20 }),
  ).toBe(10 + Math.floor((70 * 0.95) / 1.1));
});

test('progress says loss, rate, speed and what is left', () => {
  expect(
    progressText({ loss: 0.51234, learningRate: 4.56e-4, perSecond: 12345.6, what: 'tokens', secondsLeft: 130 }),
  ).toBe('loss 0.512, rate 4.6e-4, 12,346 tokens/s, 2 min to the end');
});
