import { definePerturbation } from './types.ts';
import { matchCase } from './words.ts';

const auxiliary = 'am|is|are|was|were|can|could|will|would|shall|should|must|may|might|does|did|do';
const pronoun = 'i|you|he|she|it|we|they|this|that|there|someone|anyone';
const mainVerb =
  'want|need|like|love|think|know|see|get|have|understand|agree|believe|remember|expect|wish|hope|plan|intend|trust|recommend|accept|receive|feel|use';

/** The first "is", "can", "do" … that nothing denies yet, with the pronoun of a question behind it. */
const affirmed = new RegExp(
  `(?<![\\p{L}'’])(${auxiliary})(?![\\p{L}'’])(?!\\s+(?:${pronoun})?\\s*not(?!\\p{L}))(\\s+(?:${pronoun})(?![\\p{L}'’]))?`,
  'iu',
);
const plainVerb = new RegExp(`(?<![\\p{L}'’])(i|you|we|they)(\\s+)(${mainVerb})(?![\\p{L}'’])`, 'iu');

/** The first statement or question is denied: "is" → "is not", "I want" → "I do not want". What it says changes. */
export const negationAdded = definePerturbation({
  id: 'negation-added',
  title: 'Negation added',
  source: 'CheckList (add_negation)',
  options: {},
  meaning: 'changed',
  apply(text) {
    const first = affirmed.exec(text);
    const second = plainVerb.exec(text);
    if (second !== null && (first === null || second.index < first.index))
      return text.replace(plainVerb, (_, who: string, space: string, verb: string) => `${who}${space}do not ${verb}`);
    return text.replace(affirmed, (found) => `${found} not`);
  },
});

const irregular: Readonly<Record<string, string>> = { ai: 'is', ca: 'can', sha: 'shall', wo: 'will' };
const denied = new RegExp(
  `(?<![\\p{L}'’])(${auxiliary}|have|has|had|need)(\\s+(?:${pronoun}))?\\s+not(?!\\p{L})`,
  'giu',
);
const short = /(?<![\p{L}'’])(\p{L}+)n['’]t(?![\p{L}'’])/giu;

/** "is not" → "is", "don't" → "do", "can't" → "can": every denial of a verb goes. What the text says changes. */
export const negationRemoved = definePerturbation({
  id: 'negation-removed',
  title: 'Negation removed',
  source: 'CheckList (remove_negation)',
  options: {},
  meaning: 'changed',
  apply: (text) =>
    text
      .replace(/(?<![\p{L}'’])(can)not(?!\p{L})/giu, '$1')
      .replace(denied, (_, verb: string, who: string | undefined) => verb + (who ?? ''))
      .replace(short, (_, verb: string) => {
        const root = irregular[verb.toLowerCase()];
        return root === undefined ? verb : matchCase(verb, root);
      }),
});
