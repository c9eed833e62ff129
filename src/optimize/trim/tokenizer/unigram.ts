import { fallbackIds, fallbackPiece } from './bytes.ts';
import { isId, list } from './json.ts';
import type { Json, TokenModel } from './types.ts';

type Piece = readonly [token: string, score: number];

const pieceOf = (raw: unknown): Piece | null => {
  const [token, score] = list(raw);
  return typeof token === 'string' && typeof score === 'number' && Number.isFinite(score) ? [token, score] : null;
};

/** Unigram: the split with the largest sum of scores. A split of kept pieces stays the best when others go, as long as the score of
 *  unknown characters, which is the lowest of all and 10 less, does not rise: one piece with the lowest score stays.
 *  Answers why it cannot be read. Source: Hugging Face tokenizers, models/unigram; Kudo 2018. */
export const unigram = (raw: Json): TokenModel | string => {
  const pieces = list(raw['vocab']).map(pieceOf);
  if (pieces.length === 0) return 'its vocabulary is empty';
  if (pieces.includes(null)) return 'one of its pieces has no score';
  const all = pieces as readonly Piece[];
  const ids = new Map(all.map(([token], id) => [token, id]));
  if (ids.size !== all.length) return 'its vocabulary names a piece twice';
  const unknown = isId(raw['unk_id']) && raw['unk_id'] < all.length ? raw['unk_id'] : null;
  const lowest = all.reduce((least, [, score], id) => (score < all[least]![1] ? id : least), 0);
  const fallback = raw['byte_fallback'] === true ? fallbackIds(ids) : null;
  const bytePieces = new Set(fallback === null ? [] : Array.from({ length: 256 }, (_, byte) => fallbackPiece(byte)));
  return {
    kind: 'Unigram',
    ids,
    unknown,
    always: [...new Set([...(unknown === null ? [] : [unknown]), lowest, ...(fallback ?? [])])],
    path: () => [],
    character: (token) => {
      const [first, ...rest] = Array.from(token);
      return first === undefined || rest.length > 0 ? null : first;
    },
    reads: (token, kept) => {
      if (fallback !== null) return true;
      const characters = Array.from(token);
      const reached = [true, ...characters.map(() => false)];
      for (let from = 0; from < characters.length; from++) {
        if (!reached[from]) continue;
        for (let to = from + 1; to <= characters.length; to++) {
          const piece = characters.slice(from, to).join('');
          if (ids.get(piece) !== unknown && ids.has(piece) && kept(piece)) reached[to] = true;
        }
      }
      return reached.at(-1)!;
    },
    text: (token) => (bytePieces.has(token) ? token : token.replaceAll('\u2581', ' ').trim()),
    rewrite: (now) => ({
      ...raw,
      ...(unknown === null ? {} : { unk_id: now.get(unknown) ?? null }),
      vocab: list(raw['vocab']).filter((_, id) => now.has(id)),
    }),
  };
};
