import type { LearningText } from '../../contracts/index.ts';

type Json = Readonly<Record<string, unknown>>;
const record = (raw: unknown): Json =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? (raw as Json) : {};

/** What a tokenizer's files say about its tokens. */
export type Vocabulary = Pick<LearningText, 'unknownToken' | 'maskToken' | 'special' | 'vocabularySize' | 'startsWord'>;

/** Every part of a pre-tokenizer or decoder, sequences flattened. */
const parts = (raw: unknown): readonly Json[] => {
  const one = record(raw);
  const inner = one['pretokenizers'] ?? one['decoders'];
  return Array.isArray(inner) ? inner.flatMap(parts) : [one];
};

const kindsOf = (json: Json): ReadonlySet<unknown> =>
  new Set([...parts(json['pre_tokenizer']), ...parts(json['decoder'])].map(({ type }) => type));

/** How a tokenizer.json writes its tokens: as bytes, or with a mark before those that continue a word. */
export const marksOf = (tokenizerJson: unknown): { readonly byteLevel: boolean; readonly continuing: string } => {
  const json = record(tokenizerJson);
  const model = record(json['model']);
  const stated = model['continuing_subword_prefix'];
  return {
    byteLevel: kindsOf(json).has('ByteLevel'),
    continuing: typeof stated === 'string' && stated !== '' ? stated : model['type'] === 'WordPiece' ? '##' : '',
  };
};

/** Whether a token begins a word, as this kind of tokenizer marks it: `##` before a continuation (WordPiece), `Ġ` (byte-level) or `▁` (Metaspace,
 *  Unigram) before a beginning. Where nothing marks it, every token counts as a beginning. */
const beginning = (json: Json, model: Json): ((token: string) => boolean) => {
  const marks = kindsOf(json);
  if (marks.has('ByteLevel')) return (token) => token.startsWith('Ġ');
  if (marks.has('Metaspace') || model['type'] === 'Unigram') return (token) => token.startsWith('▁');
  const { continuing } = marksOf(json);
  return continuing === '' ? () => true : (token) => !token.startsWith(continuing);
};

const tokenText = (raw: unknown): string | null => {
  if (typeof raw === 'string') return raw;
  const content = record(raw)['content'];
  return typeof content === 'string' ? content : null;
};

/** The tokens of a tokenizer.json with its tokenizer_config.json. Errors: none; what is not stated is null or empty. */
export const vocabularyOf = (tokenizerJson: unknown, tokenizerConfig: unknown, padToken: number): Vocabulary => {
  const json = record(tokenizerJson);
  const config = record(tokenizerConfig);
  const model = record(json['model']);
  const ids = new Map<string, number>();
  const vocab = model['vocab'];
  if (Array.isArray(vocab)) for (const [id, entry] of vocab.entries()) ids.set(String((entry as unknown[])[0]), id);
  else for (const [token, id] of Object.entries(record(vocab))) ids.set(token, Number(id));
  const special = new Set([padToken]);
  const added = Array.isArray(json['added_tokens']) ? json['added_tokens'].map(record) : [];
  for (const { id, content, special: isSpecial } of added) {
    ids.set(String(content), Number(id));
    if (isSpecial === true) special.add(Number(id));
  }
  const named = (key: string): number | null => {
    const token = tokenText(config[key]);
    return token === null ? null : (ids.get(token) ?? null);
  };
  const stated = typeof model['unk_token'] === 'string' ? (ids.get(model['unk_token']) ?? null) : null;
  const unknownToken = stated ?? (typeof model['unk_id'] === 'number' ? model['unk_id'] : named('unk_token'));
  const maskToken = named('mask_token') ?? ids.get('[MASK]') ?? ids.get('<mask>') ?? null;
  for (const token of [
    unknownToken,
    maskToken,
    named('cls_token'),
    named('sep_token'),
    named('bos_token'),
    named('eos_token'),
  ])
    if (token !== null) special.add(token);
  const starts = beginning(json, model);
  const begins = new Set<number>();
  let vocabularySize = 0;
  for (const [token, id] of ids) {
    if (starts(token)) begins.add(id);
    vocabularySize = Math.max(vocabularySize, id + 1);
  }
  return { unknownToken, maskToken, special, vocabularySize, startsWord: (token) => begins.has(token) };
};
