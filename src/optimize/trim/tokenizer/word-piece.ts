import { keptVocabulary, vocabularyOf } from './json.ts';
import type { Json, TokenModel } from './types.ts';

/** WordPiece: from the left, the longest token that fits. Without the tokens that do not occur, the longest that fits in a text of
 *  kept tokens is still the same one. Answers why it cannot be read.
 *  Source: Hugging Face tokenizers, models/wordpiece; Wu et al. 2016. */
export const wordPiece = (raw: Json): TokenModel | string => {
  const ids = vocabularyOf(raw['vocab']);
  if (typeof ids === 'string') return ids;
  const prefix = typeof raw['continuing_subword_prefix'] === 'string' ? raw['continuing_subword_prefix'] : '##';
  const unknown = ids.get(String(raw['unk_token'])) ?? null;
  const continues = (token: string): boolean =>
    prefix !== '' && token.length > prefix.length && token.startsWith(prefix);
  const bare = (token: string): string => (continues(token) ? token.slice(prefix.length) : token);
  return {
    kind: 'WordPiece',
    ids,
    unknown,
    always: unknown === null ? [] : [unknown],
    path: () => [],
    character: (token) => {
      const [first, ...rest] = Array.from(bare(token));
      return first === undefined || rest.length > 0 ? null : first;
    },
    reads: (token, kept) => {
      const characters = Array.from(bare(token));
      for (let from = 0; from < characters.length;) {
        let to = characters.length;
        const piece = (): string => (from > 0 || continues(token) ? prefix : '') + characters.slice(from, to).join('');
        while (to > from && !(ids.has(piece()) && kept(piece()))) to--;
        if (to === from) return false;
        from = to;
      }
      return true;
    },
    text: bare,
    rewrite: (now) => ({ ...raw, vocab: keptVocabulary(ids, now) }),
  };
};
