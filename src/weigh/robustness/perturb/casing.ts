import { definePerturbation, strengthOf } from './types.ts';

/** Everything in small letters. */
export const lowerCase = definePerturbation({
  id: 'lower-case',
  title: 'Small letters',
  source: 'HELM (LowerCasePerturbation)',
  options: {},
  meaning: 'kept',
  apply: (text) => text.toLowerCase(),
});

/** Everything in capitals. */
export const upperCase = definePerturbation({
  id: 'upper-case',
  title: 'CAPITALS',
  source: 'writing with caps lock on',
  options: {},
  meaning: 'kept',
  apply: (text) => text.toUpperCase(),
});

/** Every word begins with a capital, the rest stays. */
export const titleCase = definePerturbation({
  id: 'title-case',
  title: 'Every Word With A Capital',
  source: 'headlines and phones that capitalize words',
  options: {},
  meaning: 'kept',
  apply: (text) => text.replace(/(?<![\p{L}\p{M}\p{N}'’])\p{Ll}/gu, (letter) => letter.toUpperCase()),
});

/** Letters change between small and capital by chance. */
export const randomCase = definePerturbation({
  id: 'random-case',
  title: 'Letters in random case',
  source: 'TextFlint and NL-Augmenter have the same idea (random upper case)',
  options: strengthOf(0.2, 'a letter changes its case'),
  meaning: 'kept',
  apply: (text, { strength }, random) =>
    text.replace(/\p{L}/gu, (letter) => {
      if (random.next() >= strength) return letter;
      const lower = letter.toLowerCase();
      return letter === lower ? letter.toUpperCase() : lower;
    }),
});
