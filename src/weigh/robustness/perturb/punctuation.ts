import { definePerturbation, strengthOf } from './types.ts';

const marks = [',', '.', '!', '?', ';', ' -', '...'];
const endMarks = ['.', '!', '!!', '...'];

/** Marks where none belong, and one at the end of a text that has none. */
export const punctuationAdded = definePerturbation({
  id: 'punctuation-added',
  title: 'Punctuation added',
  source: 'CheckList (punctuation)',
  options: strengthOf(0.1, 'a mark follows a word'),
  meaning: 'kept',
  apply(text, { strength }, random) {
    const inside = text.replace(/(?<=[\p{L}\p{N}])(?=\s+\S)/gu, () =>
      random.next() < strength ? marks[random.integer(marks.length)]! : '',
    );
    return /[\p{L}\p{N}]$/u.test(inside) ? inside + endMarks[random.integer(endMarks.length)]! : inside;
  },
});

/** All punctuation goes, but for what stands inside words and numbers: "I'm", "e-mail", "3.50". */
export const punctuationRemoved = definePerturbation({
  id: 'punctuation-removed',
  title: 'Punctuation removed',
  source: 'CheckList (punctuation)',
  options: {},
  meaning: 'kept',
  apply: (text) => text.replace(/(?<![\p{L}\p{M}\p{N}])\p{P}+|\p{P}+(?![\p{L}\p{M}\p{N}\p{P}])/gu, ''),
});
