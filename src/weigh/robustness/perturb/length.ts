import type { Random } from '../../../contracts/index.ts';
import { definePerturbation } from './types.ts';

/** The end of the text is missing, cut between two words. */
export const truncated = definePerturbation({
  id: 'truncated',
  title: 'The end is missing',
  source: 'messages that are sent too early or cut by a form',
  options: {
    strength: { kind: 'number', default: 0.3, min: 0, max: 0.95, description: 'Share of the words that is cut off.' },
  },
  meaning: 'kept',
  apply(text, { strength }) {
    const words = [...text.matchAll(/\S+/gu)];
    const keep = Math.max(1, Math.ceil(words.length * (1 - strength)));
    if (keep >= words.length) return text;
    const last = words[keep - 1]!;
    return text.slice(0, last.index + last[0].length);
  },
});

/** Sentences that ask for nothing and are about nothing in particular. */
const idle = [
  'It is an ordinary day here.',
  'The window is open and the street is quiet.',
  'There is a cup of tea on the table.',
  'The clock on the wall has just struck.',
  'Outside, the trees move a little in the wind.',
  'Someone is walking past the house.',
  'The light has changed since this morning.',
  'The floor is made of wood.',
];

/** Idle sentences up to a number of tokens. The counts of sentences add up closely enough to plan with; the caller checks the sum. */
const idleText = (tokens: number, count: (text: string) => number, random: Random): string[] => {
  const empty = count('');
  const lengths = idle.map((sentence) => Math.max(1, count(sentence) - empty));
  const sentences: string[] = [];
  // No sentence is shorter than a token, so the limit of 65,536 tokens bounds the loop.
  for (let sum = 0; sum < Math.min(tokens, 65_536);) {
    const at = random.integer(idle.length);
    sentences.push(idle[at]!);
    sum += lengths[at]!;
  }
  return sentences;
};

/** Idle sentences before the text, as many as fit: the text ends just below the limit, and nothing of it is cut. */
export const longBefore = definePerturbation({
  id: 'long-before',
  title: 'A long beginning, up to the limit',
  source: 'inputs at the context limit; the task’s maximum length',
  options: {},
  meaning: 'kept',
  needs: 'length',
  fields: 'text',
  apply(text, _, random, { length }) {
    if (length === null || text === '') return text;
    const own = length.count(text);
    if (own >= length.most) return text;
    const sentences = idleText(length.most - own, (one) => length.count(one), random);
    // Below the limit, not at it: a count at the limit may hide that something was cut.
    while (sentences.length > 0 && length.count(`${sentences.join(' ')} ${text}`) >= length.most) sentences.pop();
    return sentences.length === 0 ? text : `${sentences.join(' ')} ${text}`;
  },
});

/** Idle sentences after the text, beyond the limit: the text stands first, and only what follows is cut. */
export const longAfter = definePerturbation({
  id: 'long-after',
  title: 'A long end, beyond the limit',
  source: 'inputs beyond the context limit; the task’s maximum length',
  options: {},
  meaning: 'kept',
  needs: 'length',
  fields: 'text',
  apply(text, _, random, { length }) {
    if (length === null || text === '') return text;
    const own = length.count(text);
    if (own >= length.most) return text;
    return [text, ...idleText(length.most - own + 16, (one) => length.count(one), random)].join(' ');
  },
});
