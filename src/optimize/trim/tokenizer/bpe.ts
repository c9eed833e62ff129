import { byteCharacters, byteText, fallbackIds } from './bytes.ts';
import { keptVocabulary, list, vocabularyOf } from './json.ts';
import type { Json, TokenModel } from './types.ts';

const pairKey = (left: string, right: string): string => `${left.length} ${left}${right}`;

type Pair = readonly [left: string, right: string];

const pairOf = (raw: unknown): Pair | null => {
  const parts = typeof raw === 'string' ? raw.split(' ') : list(raw);
  const [left, right] = parts;
  return parts.length === 2 && typeof left === 'string' && typeof right === 'string' ? [left, right] : null;
};

/** Byte pair encoding: neighbours are merged, the earliest merge of the list first. The merges that make a token inside a word are
 *  those that make it when it stands alone: no merge crosses its ends before it is made, or it would not be made. So a token
 *  that stays needs the tokens on its own way, and nothing else. Answers why it cannot be read.
 *  Source: Hugging Face tokenizers, models/bpe; Sennrich et al. 2016; byte_fallback as in SentencePiece. */
export const bpe = (raw: Json, byteLevel: boolean): TokenModel | string => {
  const ids = vocabularyOf(raw['vocab']);
  if (typeof ids === 'string') return ids;
  const merges = list(raw['merges']).map(pairOf);
  if (merges.includes(null)) return 'one of its merges is no pair of tokens';
  if (typeof raw['dropout'] === 'number' && raw['dropout'] > 0)
    return 'it splits words at random (dropout), so that no text has a fixed split';
  const prefix = typeof raw['continuing_subword_prefix'] === 'string' ? raw['continuing_subword_prefix'] : '';
  const suffix = typeof raw['end_of_word_suffix'] === 'string' ? raw['end_of_word_suffix'] : '';
  const join = ([left, right]: Pair): string => left + right.slice(prefix.length);
  const ranks = new Map((merges as Pair[]).map(([left, right], rank) => [pairKey(left, right), rank]));
  const unknown = typeof raw['unk_token'] === 'string' ? (ids.get(raw['unk_token']) ?? null) : null;
  const fallback = raw['byte_fallback'] === true ? fallbackIds(ids) : null;
  const idsOf = (tokens: readonly string[]): readonly number[] => tokens.flatMap((token) => ids.get(token) ?? []);

  const begins = (token: string): boolean =>
    prefix === '' || !(token.startsWith(prefix) && token.length > prefix.length);
  const ends = (token: string): boolean => suffix !== '' && token.endsWith(suffix) && token.length > suffix.length;
  const bare = (token: string): string => {
    const start = begins(token) ? token : token.slice(prefix.length);
    return ends(start) ? start.slice(0, -suffix.length) : start;
  };
  /** What the splitting of the token's text starts from. */
  const symbols = (token: string): string[] => {
    const characters = Array.from(bare(token));
    return characters.map(
      (character, at) =>
        (at > 0 || !begins(token) ? prefix : '') +
        character +
        (at === characters.length - 1 && ends(token) ? suffix : ''),
    );
  };
  const alphabet = byteLevel
    ? byteCharacters.flatMap((one) => [one, prefix + one, one + suffix, prefix + one + suffix])
    : [];
  return {
    kind: 'BPE',
    ids,
    unknown,
    always: [...new Set([...(unknown === null ? [] : [unknown]), ...(fallback ?? []), ...idsOf(alphabet)])],
    path: (token) => {
      const parts = symbols(token);
      const seen = [...parts];
      while (parts.length > 1) {
        let best = -1;
        let lowest = Number.POSITIVE_INFINITY;
        for (let at = 0; at + 1 < parts.length; at++) {
          const rank = ranks.get(pairKey(parts[at]!, parts[at + 1]!));
          if (rank === undefined || rank >= lowest) continue;
          lowest = rank;
          best = at;
        }
        // No way leads to it: it is only found as a whole (ignore_merges), or not at all.
        if (best < 0) return [];
        const made = join([parts[best]!, parts[best + 1]!]);
        parts.splice(best, 2, made);
        seen.push(made);
      }
      return idsOf(seen);
    },
    character: (token) => {
      const [first, ...rest] = byteLevel ? [] : Array.from(bare(token));
      return first === undefined || rest.length > 0 ? null : first;
    },
    reads: (token, kept) => fallback !== null || symbols(token).every((one) => ids.has(one) && kept(one)),
    text: (token) => (byteLevel ? byteText(bare(token)) : bare(token).replaceAll('\u2581', ' ')).trim(),
    rewrite: (now) => {
      const stays = (token: string): boolean => now.has(ids.get(token) ?? -1);
      const kept = list(raw['merges']).filter((_, at) => {
        const pair = merges[at]!;
        return stays(pair[0]) && stays(pair[1]) && stays(join(pair));
      });
      return { ...raw, vocab: keptVocabulary(ids, now), merges: kept };
    },
  };
};
