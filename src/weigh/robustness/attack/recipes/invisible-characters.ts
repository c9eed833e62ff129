import { inner, insertions } from '../characters.ts';
import { invisible } from '../lookalikes.ts';
import type { Attack } from '../types.ts';

/** Characters without a width inside words: people see the same text. Tokenizers that drop control characters are immune. */
export const invisibleCharacters: Attack = {
  id: 'invisible-characters',
  title: 'Invisible characters',
  source:
    'Bad Characters (Boucher et al. 2022), invisible characters; a greedy search instead of differential evolution',
  search: { kind: 'greedy', ranking: 'unknown' },
  candidates: ({ word, random }) => insertions(word, inner, () => invisible[random.integer(invisible.length)]!),
  limits: { mostEdits: 5 },
};
