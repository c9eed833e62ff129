import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SteelyardError } from '../../contracts/index.ts';
import type { BytePairs } from './byte-pairs.ts';
import { maxWordLength, specialTokens } from './vocabulary.ts';

const idOf = (vocab: readonly string[], token: string): number => {
  const id = vocab.indexOf(token);
  if (id < 0)
    throw new SteelyardError(
      'training/vocabulary',
      `the vocabulary has no ${token}`,
      `it needs ${specialTokens.join(', ')}`,
    );
  return id;
};

const special = (token: string, type: 0 | 1): object => ({ SpecialToken: { id: token, type_id: type } });
const sequence = (id: 'A' | 'B', type: 0 | 1): object => ({ Sequence: { id, type_id: type } });

/** What both kinds share. Errors: as `tokenizerJson`. */
const frame = (vocab: readonly string[], maxLength: number) => {
  const ids = Object.fromEntries(specialTokens.map((token) => [token, idOf(vocab, token)]));
  if (new Set(vocab).size !== vocab.length)
    throw new SteelyardError(
      'training/vocabulary',
      'a token occurs twice in the vocabulary',
      'each token must be unique',
    );
  if (!Number.isInteger(maxLength) || maxLength < 3)
    throw new SteelyardError(
      'training/vocabulary',
      `a maximum length of ${maxLength} has no room for a token`,
      'use 3 or more',
    );
  const head = {
    version: '1.0',
    truncation: { direction: 'Right', max_length: maxLength, strategy: 'LongestFirst', stride: 0 },
    padding: null,
    added_tokens: specialTokens.map((content) => ({
      id: ids[content],
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
  };
  const around = {
    type: 'TemplateProcessing',
    single: [special('[CLS]', 0), sequence('A', 0), special('[SEP]', 0)],
    pair: [special('[CLS]', 0), sequence('A', 0), special('[SEP]', 0), sequence('B', 1), special('[SEP]', 1)],
    special_tokens: Object.fromEntries(
      ['[CLS]', '[SEP]'].map((token) => [token, { id: token, ids: [ids[token]], tokens: [token] }]),
    ),
  };
  return { head, around, vocab: Object.fromEntries(vocab.map((token, id) => [token, id])) };
};

/** The content of `tokenizer.json`: uncased WordPiece, `[CLS] a [SEP]` and `[CLS] a [SEP] b [SEP]` with type ids 0 and 1,
 *  truncation to `maxLength` tokens from the right. Shapes: id = place in `vocab`.
 *  Errors: `training/vocabulary` when a special token is missing, a token occurs twice, or `maxLength` is under 3.
 *  Source: Hugging Face tokenizers, file format 1.0. */
export const tokenizerJson = (vocab: readonly string[], maxLength: number): Record<string, unknown> => {
  const { head, around, vocab: ids } = frame(vocab, maxLength);
  return {
    ...head,
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: around,
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: maxWordLength,
      vocab: ids,
    },
  };
};

/** The content of `tokenizer.json` for byte-level BPE, framed and cut like `tokenizerJson`. Errors: as there. */
export const bytePairJson = ({ tokens, merges }: BytePairs, maxLength: number): Record<string, unknown> => {
  const { head, around, vocab } = frame(tokens, maxLength);
  return {
    ...head,
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    post_processor: around,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      // As texts: the form that every reader knows. Byte characters hold no space.
      merges: merges.map((pair) => pair.join(' ')),
    },
  };
};

const named = { unk_token: '[UNK]', sep_token: '[SEP]', pad_token: '[PAD]', cls_token: '[CLS]', mask_token: '[MASK]' };

/** The content of `tokenizer_config.json`. */
export const tokenizerConfig = (maxLength: number): Record<string, unknown> => ({
  tokenizer_class: 'BertTokenizer',
  do_lower_case: true,
  strip_accents: null,
  tokenize_chinese_chars: true,
  model_max_length: maxLength,
  clean_up_tokenization_spaces: true,
  ...named,
});

/** The content of `tokenizer_config.json` for byte-level BPE. */
export const bytePairConfig = (maxLength: number): Record<string, unknown> => ({
  tokenizer_class: 'PreTrainedTokenizerFast',
  add_prefix_space: true,
  model_max_length: maxLength,
  clean_up_tokenization_spaces: false,
  ...named,
});

/** Write `tokenizer.json`, `tokenizer_config.json` and `special_tokens_map.json` into a folder, made when missing: a list of tokens is WordPiece,
 *  tokens with merges are byte-level BPE.
 *  Errors: as `tokenizerJson`, and those of the file system. */
export const writeTokenizer = async (
  folder: string,
  vocab: readonly string[] | BytePairs,
  { maxLength }: { readonly maxLength: number },
): Promise<void> => {
  const files: Readonly<Record<string, unknown>> = {
    'tokenizer.json': 'merges' in vocab ? bytePairJson(vocab, maxLength) : tokenizerJson(vocab, maxLength),
    'tokenizer_config.json': 'merges' in vocab ? bytePairConfig(maxLength) : tokenizerConfig(maxLength),
    'special_tokens_map.json': named,
  };
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files))
    await writeFile(join(folder, name), `${JSON.stringify(content, null, 1)}\n`);
};
