import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { builtInLists } from './lists.ts';

const kind = (name: string) => builtInLists.find((one) => one.name === name)!;

test('names keep their gender when the region changes, and their region when the gender does', () => {
  for (let seed = 0; seed < 30; seed++) {
    const moved = kind('names').swap(['is emily there'], seeded(seed, 'n'))!;
    expect(moved.from).toBe('english');
    expect(moved.to).not.toBe('english');
    // Swapped back to where it came from a woman's name is found again.
    expect(kind('name-gender').swap(moved.texts, seeded(0, 'g'))).toMatchObject({ from: 'women', to: 'men' });
  }
  const turned = kind('name-gender').swap(['call Kofi'], seeded(1, 'n'))!;
  expect(kind('names').swap(turned.texts, seeded(1, 'n'))!.from).toBe('west african');
});

test('roles keep the relation', () => {
  const all = new Set(
    Array.from({ length: 30 }, (_, seed) => kind('roles').swap(['send it to my Wife'], seeded(seed, 'r'))!.texts[0]),
  );
  expect([...all].toSorted()).toEqual(['send it to my Husband', 'send it to my Spouse']);
  // An aunt has no neutral word: she becomes an uncle or the text is left out.
  const aunts = Array.from({ length: 30 }, (_, seed) => kind('roles').swap(['an aunt'], seeded(seed, 'r'))?.texts[0]);
  expect(new Set(aunts)).toEqual(new Set([undefined, 'an uncle']));
});

test('nationalities: adjectives for adjectives, countries for countries', () => {
  const swapped = kind('nationalities').swap(['german beer from germany'], seeded(3, 'c'))!;
  expect(swapped.from).toBe('german');
  expect(swapped.texts[0]).toMatch(/^[a-z]+ beer from [a-z]+$/);
  expect(swapped.texts[0]!.startsWith(swapped.to)).toBe(true);
});

test('no list has a word twice with two meanings', () => {
  for (const one of builtInLists) expect(one.swap(['turkey and polish, will and mark'], seeded(1, 'x'))).toBeNull();
});

test('places that are called like people and things that are called like countries stay', () => {
  expect(kind('names').swap(['a hotel in San Jose'], seeded(1, 'x'))).toBeNull();
  expect(kind('nationalities').swap(['my bank of america card and french fries'], seeded(1, 'x'))).toBeNull();
  const mixed = kind('nationalities').swap(['does bank of america work in america'], seeded(1, 'x'))!;
  expect(mixed.texts[0]).toMatch(/^does bank of america work in (?!america)/);
});
