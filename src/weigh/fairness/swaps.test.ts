import { describe, expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { likeCase, listKind } from './swaps.ts';

const random = () => seeded(1, 'swaps');
const people = listKind('people', {
  red: [['Anna', 'Ada'], ['Otto']],
  blue: [['Berta'], ['Igor']],
});

describe('words of one group for words of another', () => {
  test('slots are kept, the same name stays the same name, case follows', () => {
    expect(people.swap(['Anna met Otto. ANNA left, otto’s cat too.'], random())).toEqual({
      texts: ['Berta met Igor. BERTA left, igor’s cat too.'],
      from: 'red',
      to: 'blue',
    });
  });

  test('where both occur they change places; all parts of an example alike', () => {
    expect(people.swap(['Otto, Otto and Igor', 'is it Igor?'], random())?.texts).toEqual([
      'Igor, Igor and Otto',
      'is it Otto?',
    ]);
  });

  test('two people stay two people', () => {
    const kind = listKind('k', { a: [['Xaver', 'Yves']], b: [['Pia', 'Rosa', 'Uta']] });
    for (let seed = 0; seed < 20; seed++) {
      const [one, two] = kind.swap(['Xaver and Yves'], seeded(seed, 'two'))!.texts[0]!.split(' and ');
      expect(one).not.toBe(two);
    }
  });

  test('only whole words, of any script', () => {
    expect(people.swap(['Annabel and Hannah'], random())).toBeNull();
    expect(people.swap(['Ottoß and éOtto'], random())).toBeNull();
    expect(listKind('k', { a: [['анна']], b: [['иван']] }).swap(['Анна тут'], random())?.texts).toEqual(['Иван тут']);
  });

  test('articles follow', () => {
    const kind = listKind('k', { a: [['German']], b: [['Indian']] });
    expect(kind.swap(['a German car, an old one'], random())?.texts).toEqual(['an Indian car, an old one']);
    expect(kind.swap(['An Indian car'], random())?.texts).toEqual(['A German car']);
    expect(kind.swap(['A german car'], random())?.texts).toEqual(['An indian car']);
  });

  test('nothing to swap: no word, no other group, no word in that slot', () => {
    expect(people.swap(['hello'], random())).toBeNull();
    expect(listKind('k', { only: [['one']] }).swap(['one'], random())).toBeNull();
    expect(listKind('k', { a: [['aunt']], b: [[]] }).swap(['my aunt'], random())).toBeNull();
  });

  test('words with signs in them are no patterns', () => {
    expect(listKind('k', { a: [['c++']], b: [['(x)']] }).swap(['use c++ now'], random())?.texts).toEqual([
      'use (x) now',
    ]);
  });
});

test('case', () => {
  expect([likeCase('ANNA', 'eve'), likeCase('Anna', 'eve'), likeCase('anna', 'Eve'), likeCase('I', 'they')]).toEqual([
    'EVE',
    'Eve',
    'eve',
    'They',
  ]);
});
