import { expect, test } from 'vitest';
import { tooFew, untold, type Measurement } from '../../contracts/index.ts';
import type { Version } from '../view.ts';
import { leftOut } from './left-out.ts';
import { isFew, levelCell } from './tell.ts';

const one = (more: Partial<Measurement>): Measurement => ({
  metric: 'counterfactual-consistency',
  unit: 'proportion',
  value: 1,
  low: 0.9,
  high: 1,
  confidence: 0.95,
  samples: 40,
  ...more,
});
const version = (measured: readonly Measurement[], withoutValue: readonly Measurement[] = []) =>
  ({ measured: new Map([['evaluation', measured]]), withoutValue }) as unknown as Version;

test('names what is missing, with how much there is of it', () => {
  const refused = [tooFew('kind=pronouns', 1, 'text'), tooFew('style=casual', 4)];
  const metrics = ['counterfactual-consistency'];
  expect(leftOut(version([one({ refused })]), metrics, ['kind='])).toBe(
    'Too few to report (30 are needed): other pronouns (1 text).',
  );
  // Also where not even the whole has a value, and each slice once.
  const none = untold({ id: metrics[0]!, unit: 'proportion' }, 1, 0.95, [], refused);
  expect(leftOut(version([one({ refused })], [none]), metrics, ['kind=', 'style='])).toBe(
    'Too few to report (30 are needed): other pronouns (1 text) and style = casual (4 examples).',
  );
  expect(leftOut(version([one({ refused })]), ['accuracy'], ['kind='])).toBeNull();
});

test('a record from before names nothing apart from its caveat, which is told elsewhere', () => {
  const caveat = 'kind=pronouns has 1 text, 30 are needed to report it';
  expect(leftOut(version([one({ caveat })]), ['counterfactual-consistency'], ['kind='])).toBeNull();
});

test('a share of a handful is a count', () => {
  const metric = {
    id: 'failures',
    title: 'Failures',
    unit: 'proportion',
    better: 'lower',
    versus: 'difference',
    definition: '',
  } as const;
  const view = { currency: null } as Parameters<typeof levelCell>[0];
  const few = one({ slice: 'test=a', value: 0.4, low: 0.1, high: 0.8, samples: 5 });
  expect(isFew(few)).toBe(true);
  expect(levelCell(view, metric, few)).toMatchObject({ text: '2 of 5' });
  // A mean of shares counts nothing.
  expect(levelCell(view, metric, { ...few, value: 0.41 })).toEqual({ kind: 'none' });
  expect(isFew({ ...few, samples: 30 })).toBe(false);
  expect(levelCell(view, metric, { ...few, samples: 30 })).toMatchObject({ text: '40.0 %' });
});
