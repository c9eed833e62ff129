import { expect, test } from 'vitest';
import { positiveOf } from './positive.ts';
import { trialOf } from './testing/trial.ts';

const trial = trialOf(['no', 'yes'], [], ['baseline'], () => 0);

test('a label by name, none for nothing, and a fault that lists them', () => {
  expect(positiveOf(trial, 'yes', 'x')).toBe(1);
  expect(positiveOf(trial, '', 'x')).toBeNull();
  expect(() => positiveOf(trial, 'maybe', 'x/y')).toThrowError(
    expect.objectContaining({ code: 'fairness/label', hint: 'labels: no, yes' }),
  );
});
