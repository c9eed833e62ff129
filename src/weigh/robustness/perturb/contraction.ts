import { definePerturbation } from './types.ts';
import { anyOf, plainKey } from './words.ts';

const verbs = 'is are was were do does did have has had could would should must need might'.split(' ');
const subjects: Readonly<Record<string, string>> = {
  i: 'am have will would',
  you: 'are have will would',
  he: 'is will would',
  she: 'is will would',
  it: 'is will',
  we: 'are have will would',
  they: 'are have will would',
  that: 'is will',
  there: 'is',
  here: 'is',
  what: 'is',
  where: 'is',
  who: 'is will',
  how: 'is',
  when: 'is',
};
const shortOf: Readonly<Record<string, string>> = {
  am: "'m",
  is: "'s",
  are: "'re",
  have: "'ve",
  will: "'ll",
  would: "'d",
};

/** Long form → short form, in small letters. */
const shortForms: ReadonlyMap<string, string> = new Map([
  ...verbs.map((verb) => [`${verb} not`, `${verb}n't`] as const),
  ['cannot', "can't"],
  ['can not', "can't"],
  ['will not', "won't"],
  ['let us', "let's"],
  ...Object.entries(subjects).flatMap(([subject, some]) =>
    some.split(' ').map((verb) => [`${subject} ${verb}`, subject + shortOf[verb]!] as const),
  ),
]);
/** Short form → long form; where two long forms share one, the first. */
const longForms: ReadonlyMap<string, string> = new Map([...shortForms].reverse().map(([long, short]) => [short, long]));

const replaceBy = (forms: ReadonlyMap<string, string>) => {
  const pattern = anyOf([...forms.keys()])!;
  return (text: string): string =>
    text.replace(pattern, (found) => {
      const form = forms.get(plainKey(found))!;
      const letters = found.match(/\p{L}/gu)!;
      if (letters.length > 1 && letters.every((letter) => letter === letter.toUpperCase())) return form.toUpperCase();
      return found[0]! + form.slice(1);
    });
};
const contract = replaceBy(shortForms);
const expand = replaceBy(longForms);

/** "do not" → "don't", "I am" → "I'm", wherever a short form exists; the first letter's case stays. */
export const contraction = definePerturbation({
  id: 'contraction',
  title: 'Contracted forms',
  source: 'HELM (ContractionPerturbation) and CheckList (contract)',
  options: {},
  meaning: 'kept',
  apply: contract,
});

/** "don't" → "do not", "I'm" → "I am": the opposite. */
export const expansion = definePerturbation({
  id: 'expansion',
  title: 'Contractions written out',
  source: 'HELM (ExpansionPerturbation) and CheckList (expand_contractions)',
  options: {},
  meaning: 'kept',
  apply: expand,
});
