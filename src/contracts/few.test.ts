import { expect, test } from 'vitest';
import { needed, refusalOf, refusalsIn, tooFew, untold } from './few.ts';

test('a refusal names the slice, what there is and what it takes', () => {
  expect(tooFew('kind=pronouns', 1, 'text')).toBe('kind=pronouns has 1 text, 30 are needed to report it');
  expect(tooFew('style=slang', 12)).toBe('style=slang has 12 examples, 30 are needed to report it');
});

test('a caveat is searched for the whole name, not for its beginning', () => {
  const caveat = `3 of 9 texts taken; ${tooFew('kind=typo-azerty', 4, 'text')}; ${tooFew('kind=typo', 2, 'text')}`;
  expect(refusalOf('kind=typo', caveat)).toBe(tooFew('kind=typo', 2, 'text'));
  expect(refusalOf('kind=swap', caveat)).toBeNull();
  expect(refusalOf('kind=swap', undefined)).toBeNull();
});

test('refusals are read back, other remarks are not', () => {
  const caveat = `3 of 9 texts taken; ${tooFew('kind=a has b', 1, 'text')}; ${tooFew('style=c', 0)}; no kind has more`;
  expect(refusalsIn(caveat)).toEqual([
    { slice: 'kind=a has b', count: '1 text' },
    { slice: 'style=c', count: '0 examples' },
  ]);
  expect(refusalsIn(undefined)).toEqual([]);
});

test('what cannot be told has no value', () => {
  const one = untold({ id: 'consistency', unit: 'proportion' }, 1, 0.95, [needed(1, 'changed texts'), 'more']);
  expect(one).toMatchObject({ metric: 'consistency', value: Number.NaN, samples: 1 });
  expect(one.caveat).toBe('it needs 30 changed texts and there is 1; more');
  expect(needed(0, 'texts')).toBe('it needs 30 texts and there are none');
  expect(untold({ id: 'a', unit: 'score' }, 0, 0.95, []).samples).toBe(1);
});
