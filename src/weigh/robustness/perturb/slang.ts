import { definePerturbation, strengthOf } from './types.ts';
import { anyOf, matchCase, plainKey } from './words.ts';

const patterns = new WeakMap<ReadonlyMap<string, string>, RegExp>();

/** Words and phrases become what the scenario's own list says; the longest phrase first, the case stays. */
export const slang = definePerturbation({
  id: 'slang',
  title: 'Words of the scenario’s own list',
  source: 'the list that the option "slang" names',
  options: strengthOf(1, 'a word or phrase of the list is replaced'),
  meaning: 'kept',
  needs: 'slang',
  apply(text, { strength }, random, { slang: words }) {
    if (words.size === 0) return text;
    const pattern = patterns.get(words) ?? anyOf([...words.keys()])!;
    patterns.set(words, pattern);
    return text.replace(pattern, (found) => {
      const other = words.get(plainKey(found));
      return other === undefined || random.next() >= strength ? found : matchCase(found, other);
    });
  },
});
