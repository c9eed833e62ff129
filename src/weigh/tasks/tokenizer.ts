import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { Tokenizer } from '@huggingface/tokenizers';
import { SteelyardError } from '../../contracts/index.ts';
import { readTemplate } from './template.ts';
import { longestFirst } from './truncate.ts';
import { marksOf, vocabularyOf, type Vocabulary } from './vocabulary.ts';

/** One text, or pair, as the model reads it. */
export interface Encoded {
  readonly ids: readonly number[];
  /** Token type per id: 0 for the first text, 1 for the second where the model tells them apart. */
  readonly types: readonly number[];
  readonly truncated: boolean;
}

/** How a tokenizer writes its tokens. */
export interface TokenMarks {
  /** Tokens are bytes, each written as a printable character. */
  readonly byteLevel: boolean;
  /** What stands before a token that continues a word; empty: nothing. */
  readonly continuing: string;
}

/** A text in tokens, without special ones. */
export interface Pieces {
  readonly ids: readonly number[];
  readonly tokens: readonly string[];
}

export interface TextTokenizer {
  encode(text: string, pair: string | undefined, maxLength: number): Encoded;
  /** A text without special tokens and uncut. */
  split(text: string): Pieces;
  /** One word of a list, as it stands inside a sentence. */
  splitWord(word: string): Pieces;
  /** Ids of one text, or of two, with the special tokens around them, and where they start. */
  assemble(
    first: readonly number[],
    second?: readonly number[],
  ): Omit<Encoded, 'truncated'> & { readonly starts: readonly [number, number] };
  /** How many special tokens stand around one text, or around two. */
  specials(pair: boolean): number;
  readonly marks: TokenMarks;
  /** How a token is written, or null where there is none with this id. */
  tokenOf(id: number): string | null;
  readonly padId: number;
  readonly padType: number;
  readonly padLeft: boolean;
  /** From tokenizer_config.json; null when it states none (or the customary huge number). */
  readonly modelMaxLength: number | null;
  readonly vocabulary: Vocabulary;
  /** sha256 over both files. */
  readonly digest: string;
}

type Json = Readonly<Record<string, unknown>>;
const record = (raw: unknown): Json =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? (raw as Json) : {};

const largestBytes = 256 * 1024 * 1024;

const readJson = async (path: string): Promise<{ readonly text: string; readonly value: unknown }> => {
  try {
    if ((await stat(path)).size > largestBytes) throw new Error('the file is too large');
    const text = await readFile(path, 'utf8');
    return { text, value: JSON.parse(text) };
  } catch (cause) {
    throw new SteelyardError(
      'task/tokenizer',
      `cannot read ${path}: ${(cause as Error).message}`,
      'save the tokenizer again',
      { cause },
    );
  }
};

const tokenText = (raw: unknown): string | null => {
  if (typeof raw === 'string') return raw;
  const content = record(raw)['content'];
  return typeof content === 'string' ? content : null;
};

/** A tokenizer from its two files' contents. `configPadId` is `pad_token_id` of config.json.
 *  Errors: `task/tokenizer` (unknown parts, a text with a pair but no template for it, a maximum below the special tokens). */
export const makeTokenizer = (
  tokenizerJson: unknown,
  tokenizerConfig: unknown,
  digest: string,
  configPadId: number | null,
): TextTokenizer => {
  const json = record(tokenizerJson);
  const config = record(tokenizerConfig);
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(json, config);
  } catch (cause) {
    throw new SteelyardError(
      'task/tokenizer',
      `tokenizer.json is not understood: ${(cause as Error).message}`,
      'save the tokenizer again with a current version of its library',
      { cause },
    );
  }
  const template = readTemplate(json['post_processor']);
  const padding = record(json['padding']);
  const padToken = tokenText(config['pad_token']);
  const padId =
    (padToken === null ? undefined : tokenizer.token_to_id(padToken)) ??
    (typeof padding['pad_id'] === 'number' ? padding['pad_id'] : undefined) ??
    configPadId ??
    0;
  const side = config['padding_side'] ?? padding['direction'];
  const cutLeft = config['truncation_side'] === 'left';
  const stated = config['model_max_length'];
  const split = (text: string): Pieces => {
    const { ids, tokens } = tokenizer.encode(text, { add_special_tokens: false });
    return { ids, tokens };
  };
  const marks = marksOf(json);
  const specials = (pair: boolean): number =>
    (pair ? template.pair : template.single).filter(({ kind }) => kind === 'special').length;
  const assemble: TextTokenizer['assemble'] = (first, second) => {
    const ids: number[] = [];
    const types: number[] = [];
    const starts: [number, number] = [-1, -1];
    for (const piece of second === undefined ? template.single : template.pair) {
      if (piece.kind === 'text') starts[piece.which === 'A' ? 0 : 1] = ids.length;
      const some = piece.kind === 'special' ? [piece.id] : piece.which === 'A' ? first : (second ?? []);
      for (const id of some) {
        ids.push(id);
        types.push(piece.type);
      }
    }
    return { ids, types, starts };
  };
  const keep = (ids: readonly number[], count: number): readonly number[] =>
    cutLeft ? ids.slice(ids.length - count) : ids.slice(0, count);
  return {
    padId,
    padType: typeof padding['pad_type_id'] === 'number' ? padding['pad_type_id'] : 0,
    padLeft: typeof side === 'string' && side.toLowerCase() === 'left',
    vocabulary: vocabularyOf(json, config, padId),
    modelMaxLength: typeof stated === 'number' && stated > 0 && stated < 1e9 ? stated : null,
    digest,
    split,
    // Byte-level tokens carry the space before a word.
    splitWord: (word) => split(marks.byteLevel ? ` ${word}` : word),
    assemble,
    specials,
    marks,
    tokenOf: (id) => tokenizer.id_to_token(id) ?? null,
    encode(text, pair, maxLength) {
      const room = maxLength - specials(pair !== undefined);
      if (room < (pair === undefined ? 1 : 2))
        throw new SteelyardError(
          'task/tokenizer',
          `a maximum of ${maxLength} tokens leaves no room for text beside the special tokens`,
          'raise task.max-length',
        );
      const a = split(text).ids;
      const b = pair === undefined ? [] : split(pair).ids;
      const [keepA, keepB] = longestFirst(a.length, b.length, room);
      const truncated = keepA < a.length || keepB < b.length;
      const { ids, types } = assemble(keep(a, keepA), pair === undefined ? undefined : keep(b, keepB));
      return { ids, types, truncated };
    },
  };
};

/** Read a tokenizer from disk. Errors: `task/tokenizer`. */
export const readTokenizer = async (
  path: string,
  configPath: string | null,
  configPadId: number | null,
): Promise<TextTokenizer> => {
  const json = await readJson(path);
  const config = configPath === null ? { text: '', value: {} } : await readJson(configPath);
  const digest = createHash('sha256').update(json.text).update('\0').update(config.text).digest('hex');
  return makeTokenizer(json.value, config.value, digest, configPadId);
};
