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

test('the number of steps is held against the time once a tenth of it is over', () => {
  expect(affordableSteps({ steps: 5, plannedSteps: 1000, seconds: 9, limit: 100 })).toBeNull();
  expect(affordableSteps({ steps: 0, plannedSteps: 1000, seconds: 50, limit: 100 })).toBeNull();
  // 10 steps in 10 s; 90 s left, of which 95 % may go into steps.
  expect(affordableSteps({ steps: 10, plannedSteps: 1000, seconds: 10, limit: 100 })).toBe(95);
  // All that was planned fits.
  expect(affordableSteps({ steps: 10, plannedSteps: 50, seconds: 10, limit: 100 })).toBe(50);
  // Never less than what is done and one.
  expect(affordableSteps({ steps: 10, plannedSteps: 50, seconds: 100, limit: 100 })).toBe(11);
});

test('progress says loss, rate, speed and what is left', () => {
  expect(
    progressText({ loss: 0.51234, learningRate: 4.56e-4, perSecond: 12345.6, what: 'tokens', secondsLeft: 130 }),
  ).toBe('loss 0.512, rate 4.6e-4, 12,346 tokens/s, 2 min to the end');
});
