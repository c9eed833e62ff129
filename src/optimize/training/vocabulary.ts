import { SteelyardError } from '../../contracts/index.ts';
import { Pairs } from './pairs.ts';

/** The tokens that every vocabulary starts with; their ids are their places here. */
export const specialTokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] as const;

/** Longer words are one unknown token at inference, so training leaves them out. Source: BERT, `max_input_chars_per_word`. */
export const maxWordLength = 100;

const prefix = '##';
const control = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\uFFFD]/u;
const chinese = /[\u4E00-\u9FFF\u3400-\u4DBF\uF900-\uFAFF]/gu;
const word =
  /[^\s\p{P}\u0021-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u007E]+|[\p{P}\u0021-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u007E]/gu;

/** The text as the uncased BERT tokenizer sees it: no control characters, Chinese characters apart, lower case, no accents.
 *  Source: BERT, tokenization.py, BasicTokenizer; Hugging Face tokenizers, BertNormalizer. */
export const normalizeText = (text: string): string =>
  Array.from(text, (char) => (/\s/.test(char) ? ' ' : control.test(char) ? '' : char))
    .join('')
    .replace(chinese, ' $& ')
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '');

/** Words and single punctuation marks of a normalized text. Source: Hugging Face tokenizers, BertPreTokenizer. */
export const splitWords = (normalized: string): string[] => normalized.match(word) ?? [];

const joined = (left: string, right: string): string => left + right.slice(prefix.length);

/** Learn a WordPiece vocabulary: special tokens, every character alone and with `##`, then the merges of the most frequent
 *  pairs until `size` is reached or no pair occurs twice. No randomness: the same texts in any order give the same list.
 *  Shapes: at most `size` tokens, id = place. Any text made of the training texts' characters is free of [UNK]
 *  as long as its words have at most 100 characters.
 *  Errors: `training/vocabulary` when `size` has no room for the alphabet, or there is no text.
 *  Source: Sennrich et al. 2016, §3.2 (pair counts), with BERT's `##` for pieces inside words, as Hugging Face's WordPieceTrainer. */
export const trainWordPiece = (texts: Iterable<string>, options: { readonly size: number }): string[] => {
  const counts = new Map<string, number>();
  const alphabet = new Set<string>();
  for (const text of texts)
    for (const one of splitWords(normalizeText(text))) {
      for (const char of one) alphabet.add(char);
      if (Array.from(one).length <= maxWordLength) counts.set(one, (counts.get(one) ?? 0) + 1);
    }
  const characters = [...alphabet].sort((a, b) => (a < b ? -1 : 1));
  const vocab: string[] = [...specialTokens, ...characters, ...characters.map((char) => prefix + char)];
  if (counts.size === 0)
    throw new SteelyardError('training/vocabulary', 'the training texts have no words', 'give at least one text');
  if (!Number.isInteger(options.size) || options.size < vocab.length)
    throw new SteelyardError(
      'training/vocabulary',
      `a vocabulary of ${options.size} tokens has no room for the ${vocab.length} that the ${characters.length} different characters need`,
      `use a size of at least ${vocab.length}, better several times that`,
    );
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  const pieces = sorted.map(([one]) => Array.from(one, (char, at) => (at === 0 ? char : prefix + char)));
  const pairs = new Pairs(
    pieces,
    sorted.map(([, count]) => count),
    joined,
  );
  const known = new Set(vocab);
  while (vocab.length < options.size) {
    const best = pairs.best();
    if (best === null || best.count < 2) break;
    const token = joined(...best.parts);
    pairs.merge(best);
    if (known.has(token)) continue;
    known.add(token);
    vocab.push(token);
  }
  return vocab;
};
