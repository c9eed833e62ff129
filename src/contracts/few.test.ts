import { expect, test } from 'vitest';
import { caveatText, countText, isLack, lackIn, needed, noted, refusalText, tooFew, untold } from './few.ts';

test('a refusal names the slice, what there is and what it takes', () => {
  expect(refusalText(tooFew('kind=pronouns', 1, 'text'))).toBe('kind=pronouns has 1 text, 30 are needed to report it');
  expect(refusalText(tooFew('style=slang', 12))).toBe('style=slang has 12 examples, 30 are needed to report it');
  expect(countText(tooFew('kind=a', 0, 'right answer'))).toBe('0 right answers');
});

test('what a reader is told: the caveat, then what is refused', () => {
  const refused = [tooFew('kind=pronouns', 1, 'text'), tooFew('style=casual', 4)];
  expect(caveatText(noted(['3 of 9 texts taken', 'an estimate'], refused))).toBe(
    '3 of 9 texts taken; an estimate; kind=pronouns has 1 text, 30 are needed to report it; style=casual has 4 examples, 30 are needed to report it',
  );
  expect(noted([], [])).toEqual({});
  expect(caveatText({})).toBeUndefined();
  const many = Array.from({ length: 12 }, (_, at) => tooFew(`class=${at}`, at));
  expect(caveatText({ refused: many })).toMatch(
    /; class=9 has 9 examples, 30 are needed to report it; 2 more are as small$/,
  );
  expect(caveatText({ refused: many.slice(1) })).toMatch(/; 1 more is as small$/);
});

test('a record from before, with the sentences in its caveat, is told as it was', () => {
  const caveat = '3 of 9 texts taken; kind=pronouns has 1 text, 30 are needed to report it';
  expect(caveatText({ caveat })).toBe(caveat);
});

test('what cannot be told has no value', () => {
  const refused = [tooFew('kind=a', 1)];
  const one = untold({ id: 'consistency', unit: 'proportion' }, 1, 0.95, [needed(1, 'changed texts'), 'more'], refused);
  expect(one).toMatchObject({ metric: 'consistency', value: Number.NaN, samples: 1, refused });
  expect(one.caveat).toBe('it needs 30 changed texts and there is 1; more');
  expect(needed(0, 'texts')).toBe('it needs 30 texts and there are none');
  expect(isLack(one.caveat!)).toBe(true);
  expect(isLack('more')).toBe(false);
  expect(lackIn(`more; ${needed(1, 'texts')}; less`)).toBe(needed(1, 'texts'));
  expect(lackIn('more')).toBe('more');
  expect(untold({ id: 'a', unit: 'score' }, 0, 0.95, []).samples).toBe(1);
});
