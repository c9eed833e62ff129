import type { Random } from '../../../contracts/index.ts';
import { definePerturbation, strengthOf } from './types.ts';
import { mapWords, unitsOf } from './words.ts';

/** Words of four letters or more change inside, by chance: the first and the last letter stay. */
const inside =
  (strength: number, random: Random, change: (units: string[], at: number) => void, room: number) =>
  (word: string): string => {
    const units = [...unitsOf(word)];
    if (units.length < 4 || !/^[\p{L}\p{M}]+$/u.test(word) || random.next() >= strength) return word;
    change(units, 1 + random.integer(units.length - 2 - room));
    return units.join('');
  };

/** Two letters inside a word change places. */
export const swap = definePerturbation({
  id: 'swap',
  title: 'Neighboring letters swapped',
  source: 'CheckList (add_typos); Pruthi et al. 2019: inner letters of words with four letters or more',
  options: strengthOf(0.1, 'two inner letters of a word change places'),
  meaning: 'kept',
  apply: (text, { strength }, random) =>
    mapWords(
      text,
      inside(
        strength,
        random,
        (units, at) => {
          [units[at], units[at + 1]] = [units[at + 1]!, units[at]!];
        },
        1,
      ),
    ),
});

/** A letter inside a word is lost. */
export const dropLetter = definePerturbation({
  id: 'delete',
  title: 'A letter lost',
  source: 'Pruthi et al. 2019 (drop)',
  options: strengthOf(0.1, 'a word loses an inner letter'),
  meaning: 'kept',
  apply: (text, { strength }, random) =>
    mapWords(
      text,
      inside(strength, random, (units, at) => units.splice(at, 1), 0),
    ),
});

/** A letter inside a word is typed twice. */
export const double = definePerturbation({
  id: 'double',
  title: 'A letter typed twice',
  source: 'Pruthi et al. 2019 (add), with the same key',
  options: strengthOf(0.1, 'an inner letter of a word is doubled'),
  meaning: 'kept',
  apply: (text, { strength }, random) =>
    mapWords(
      text,
      inside(strength, random, (units, at) => units.splice(at, 0, units[at]!), 0),
    ),
});
