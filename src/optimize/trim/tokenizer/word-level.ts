import { keptVocabulary, vocabularyOf } from './json.ts';
import type { Json, TokenModel } from './types.ts';

/** WordLevel: a word is a token or unknown. Answers why it cannot be read. Source: Hugging Face tokenizers, models/wordlevel. */
export const wordLevel = (raw: Json): TokenModel | string => {
  const ids = vocabularyOf(raw['vocab']);
  if (typeof ids === 'string') return ids;
  const unknown = ids.get(String(raw['unk_token'])) ?? null;
  return {
    kind: 'WordLevel',
    ids,
    unknown,
    always: unknown === null ? [] : [unknown],
    path: () => [],
    // Words never split, so that single characters help no other word.
    character: () => null,
    reads: (token, kept) => kept(token),
    text: (token) => token,
    rewrite: (now) => ({ ...raw, vocab: keptVocabulary(ids, now) }),
  };
};
