import { definePerturbation, strengthOf } from './types.ts';
import { mapWords, matchCase, plainKey, anyOf } from './words.ts';

const list = (words: string): readonly string[] => words.trim().split(/\s*,\s*/);

/** Given names that are no words of their own, so that small letters do not hide them. */
export const givenNames = {
  female: list(
    'Anna, Emma, Maria, Laura, Sarah, Julia, Sophie, Claire, Elena, Nadia, Fatima, Aisha, Priya, Ananya, Mei, Yuki, Sakura, Ingrid, Astrid, Camila, Valentina, Lucia, Chloe, Olivia, Hannah, Leila, Amara, Zainab, Ngozi, Thandiwe',
  ),
  male: list(
    'John, Peter, Thomas, David, Michael, Daniel, James, Robert, Paul, Lukas, Ahmed, Mohammed, Omar, Raj, Arjun, Wei, Hiroshi, Kenji, Lars, Erik, Diego, Mateo, Carlos, Pierre, Antoine, Ivan, Dmitri, Kwame, Chinedu, Sipho',
  ),
} as const;

export const cities = list(
  'London, Paris, Berlin, Madrid, Rome, Vienna, Prague, Warsaw, Lisbon, Dublin, Oslo, Stockholm, Helsinki, Athens, Istanbul, Cairo, Nairobi, Lagos, Johannesburg, Mumbai, Delhi, Bangkok, Jakarta, Tokyo, Seoul, Sydney, Toronto, Chicago, Boston, Seattle, Denver, Atlanta, Houston, Lima, Bogota',
);
export const countries = list(
  'Germany, France, Spain, Italy, Austria, Poland, Portugal, Ireland, Norway, Sweden, Finland, Greece, Egypt, Kenya, Nigeria, India, Thailand, Indonesia, Japan, Canada, Mexico, Brazil, Peru, Colombia, Australia',
);

/** Each member of a group → the others of its group. */
const othersOf = (groups: readonly (readonly string[])[]): ReadonlyMap<string, readonly string[]> =>
  new Map(
    groups.flatMap((group) => group.map((one) => [one.toLowerCase(), group.filter((other) => other !== one)] as const)),
  );

const swapping = (id: string, title: string, source: string, groups: readonly (readonly string[])[]) => {
  const others = othersOf(groups);
  const pattern = anyOf([...others.keys()])!;
  return definePerturbation({
    id,
    title,
    source,
    options: strengthOf(1, 'one that is in the list is replaced by another of its kind'),
    meaning: 'kept',
    apply(text, { strength }, random) {
      // The same one is replaced by the same other throughout a text.
      const chosen = new Map<string, string>();
      return text.replace(pattern, (found) => {
        const key = plainKey(found);
        const before = chosen.get(key);
        const some = others.get(key)!;
        const other = before ?? (random.next() < strength ? some[random.integer(some.length)]! : found);
        chosen.set(key, other);
        if (other === found) return found;
        return found === found.toLowerCase() ? other.toLowerCase() : matchCase(found, other);
      });
    },
  });
};

/** Given names become others of the same gender. */
export const names = swapping('names', 'Other names', 'CheckList (change_names); own list', [
  givenNames.female,
  givenNames.male,
]);

/** Cities become other cities, countries other countries. */
export const places = swapping('places', 'Other places', 'CheckList (change_location); own list', [cities, countries]);

/** Numbers of two digits or more become others with as many digits; a word that mixes letters and digits stays. */
export const numbers = definePerturbation({
  id: 'numbers',
  title: 'Other numbers',
  source: 'CheckList (change_number)',
  options: strengthOf(1, 'a number of two digits or more is replaced'),
  meaning: 'kept',
  apply: (text, { strength }, random) =>
    mapWords(text, (word) => {
      if (!/^[0-9]{2,}$/.test(word) || random.next() >= strength) return word;
      const digits = Array.from(word, (_, at) => (at === 0 ? 1 + random.integer(9) : random.integer(10)));
      // The same number by chance: its last digit moves on.
      if (digits.join('') === word) digits[digits.length - 1] = (digits.at(-1)! + 1) % 10;
      return digits.join('');
    }),
});
