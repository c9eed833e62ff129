import { readFileSync } from 'node:fs';
import { tokenizerJson } from '../../training/vocabulary-files.ts';
import { trainWordPiece } from '../../training/vocabulary.ts';
import { byteCharacters, fallbackPiece } from '../tokenizer/bytes.ts';

type Json = Record<string, unknown>;

/** Questions to a support desk: real words, some punctuation and numbers. */
export const deskTexts: readonly string[] = readFileSync(
  new URL('../../../../examples/support-desk/data/train.jsonl', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => (JSON.parse(line) as { text: string }).text);

const added = (contents: readonly string[], from = 0): Json[] =>
  contents.map((content, at) => ({
    id: from + at,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));

const join = (left: string, right: string): string => left + right;

/** Learn merges from words: the most frequent pair first, ties by text. */
const learnMerges = (words: ReadonlyMap<string, number>, count: number, end = ''): [string, string][] => {
  const split = [...words].map(([word, times]) => {
    const characters = Array.from(word);
    return [characters.map((one, at) => (at === characters.length - 1 ? one + end : one)), times] as const;
  });
  const merges: [string, string][] = [];
  while (merges.length < count) {
    const pairs = new Map<string, number>();
    for (const [parts, times] of split)
      for (let at = 1; at < parts.length; at++) {
        const key = JSON.stringify([parts[at - 1], parts[at]]);
        pairs.set(key, (pairs.get(key) ?? 0) + times);
      }
    const best = [...pairs].reduce<[string, number] | null>(
      (top, one) => (top === null || one[1] > top[1] || (one[1] === top[1] && one[0] < top[0]) ? one : top),
      null,
    );
    if (best === null || best[1] < 2) break;
    const [left, right] = JSON.parse(best[0]) as [string, string];
    merges.push([left, right]);
    for (const [parts] of split)
      for (let at = 1; at < parts.length; at++)
        if (parts[at - 1] === left && parts[at] === right) parts.splice(at - 1, 2, join(left, right));
  }
  return merges;
};

const countWords = (texts: readonly string[], split: (text: string) => readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const text of texts) for (const word of split(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
};

const vocabOf = (tokens: readonly string[]): Json =>
  Object.fromEntries([...new Set(tokens)].map((token, id) => [token, id]));

/** WordPiece as BERT has it. */
export const wordPieceFile = (texts: readonly string[], size = 900): Json =>
  tokenizerJson(trainWordPiece(texts, { size }), 64);

const gptWords = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Byte-level BPE as GPT-2 has it; merges as pairs or as texts. */
export const gptFile = (texts: readonly string[], merges = 400, asPairs = false): Json => {
  const bytes = (word: string): string => Array.from(Buffer.from(word), (byte) => byteCharacters[byte]!).join('');
  const learned = learnMerges(
    countWords(texts, (text) => (text.match(gptWords) ?? []).map(bytes)),
    merges,
  );
  const tokens = [...byteCharacters, ...learned.map(([left, right]) => join(left, right))];
  const vocab = vocabOf(tokens);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added(['<|endoftext|>'], Object.keys(vocab).length),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: true },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      vocab: { ...vocab, '<|endoftext|>': Object.keys(vocab).length },
      merges: asPairs ? learned : learned.map((pair) => pair.join(' ')),
    },
  };
};

const special = (id: string): Json => ({ SpecialToken: { id, type_id: 0 } });
const sequence = (id: string, type: number): Json => ({ Sequence: { id, type_id: type } });

/** BPE with byte fallback as Llama has it: spaces are written ▁, unknown characters become bytes. */
export const llamaFile = (texts: readonly string[], merges = 400): Json => {
  const learned = learnMerges(
    countWords(texts, (text) => text.split(' ').map((word) => `▁${word}`)),
    merges,
  );
  const characters = [...new Set(texts.flatMap((text) => Array.from(text.replaceAll(' ', '▁'))))].toSorted();
  const tokens = ['<unk>', '<s>', '</s>', ...Array.from({ length: 256 }, (_, byte) => fallbackPiece(byte))];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added(['<unk>', '<s>', '</s>']),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    post_processor: {
      type: 'TemplateProcessing',
      single: [special('<s>'), sequence('A', 0)],
      pair: [special('<s>'), sequence('A', 0), special('<s>'), sequence('B', 1)],
      special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
    },
    decoder: { type: 'Sequence', decoders: [{ type: 'ByteFallback' }, { type: 'Fuse' }] },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      vocab: vocabOf([...tokens, ...learned.map(([left, right]) => join(left, right)), '▁', ...characters]),
      merges: learned.map((pair) => pair.join(' ')),
    },
  };
};

/** Unigram as XLM-RoBERTa has it: pieces with scores, spaces written ▁. */
export const unigramFile = (texts: readonly string[], size = 900): Json => {
  const words = countWords(texts, (text) => text.split(' ').map((word) => `▁${word}`));
  const counts = new Map<string, number>();
  let total = 0;
  for (const [word, times] of words) {
    const characters = Array.from(word);
    for (let from = 0; from < characters.length; from++)
      for (let to = from + 1; to <= Math.min(characters.length, from + 8); to++) {
        const piece = characters.slice(from, to).join('');
        counts.set(piece, (counts.get(piece) ?? 0) + times);
        total += times;
      }
  }
  const ranked = [...counts].toSorted(([a, x], [b, y]) => y * b.length - x * a.length || (a < b ? -1 : 1));
  const pieces = [
    ...ranked.filter(([piece]) => Array.from(piece).length === 1),
    ...ranked.filter(([piece]) => Array.from(piece).length > 1).slice(0, size),
  ];
  return {
    version: '1.0',
    truncation: null,
    padding: {
      strategy: 'BatchLongest',
      direction: 'Right',
      pad_to_multiple_of: null,
      pad_id: 1,
      pad_type_id: 0,
      pad_token: '<pad>',
    },
    added_tokens: [...added(['<s>', '<pad>', '</s>', '<unk>']), ...added(['<mask>'], 4 + pieces.length)],
    normalizer: null,
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    post_processor: {
      type: 'RobertaProcessing',
      sep: ['</s>', 2],
      cls: ['<s>', 0],
      trim_offsets: true,
      add_prefix_space: true,
    },
    decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    model: {
      type: 'Unigram',
      unk_id: 3,
      vocab: [
        ...['<s>', '<pad>', '</s>', '<unk>'].map((token) => [token, 0]),
        ...pieces.map(([piece, count]) => [piece, Math.log(count / total)]),
        ['<mask>', 0],
      ],
      byte_fallback: false,
    },
  };
};

/** Whole words. */
export const wordLevelFile = (texts: readonly string[]): Json => ({
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: added(['[UNK]']),
  normalizer: { type: 'Lowercase' },
  pre_tokenizer: { type: 'WhitespaceSplit' },
  post_processor: null,
  decoder: null,
  model: {
    type: 'WordLevel',
    vocab: vocabOf(['[UNK]', ...countWords(texts, (text) => text.toLowerCase().split(/\s+/).filter(Boolean)).keys()]),
    unk_token: '[UNK]',
  },
});

export const bytesOfJson = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value, null, 2));
