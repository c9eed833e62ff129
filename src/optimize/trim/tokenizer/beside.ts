import type { Context } from '../../../contracts/index.ts';
import { isId, keptVocabulary, list, parseJson, printJson, record, vocabularyOf } from './json.ts';
import type { Json, NewIds, TokenModel } from './types.ts';

/** Files whose ids are names of settings: `pad_token_id`, `suppress_tokens`, … */
const settings = ['config.json', 'generation_config.json', 'tokenizer_config.json'] as const;
/** Vocabularies in forms that are not rewritten. */
const sealed = ['spiece.model', 'sentencepiece.bpe.model', 'tokenizer.model', 'source.spm', 'target.spm'] as const;

const isIdKey = (key: string): boolean => /_token_ids?$/.test(key);
/** Lists of tokens that are only ever held back: those that are gone need no mention. */
const isLooseKey = (key: string): boolean =>
  ['suppress_tokens', 'begin_suppress_tokens', 'bad_words_ids', 'forced_decoder_ids'].includes(key);
/** Parts that hold other things than ids, or settings of other uses. */
const isForeignKey = (key: string): boolean => ['id2label', 'label2id', 'task_specific_params'].includes(key);

const idsIn = (value: unknown): readonly number[] => (isId(value) ? [value] : list(value).flatMap(idsIn));

const namedIn = (settingsOf: Json): readonly number[] =>
  Object.entries(settingsOf).flatMap(([key, value]) => {
    if (isForeignKey(key)) return [];
    if (isIdKey(key)) return idsIn(value);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? namedIn(record(value)) : [];
  });

/** Contents of the tokens that tokenizer_config.json and special_tokens_map.json name by their text. */
const contentsIn = (settingsOf: Json): readonly string[] =>
  Object.entries(settingsOf).flatMap(([key, value]) =>
    (key.endsWith('_token') ? [value] : key === 'additional_special_tokens' ? list(value) : []).flatMap((one) => {
      const content = typeof one === 'string' ? one : record(one)['content'];
      return typeof content === 'string' ? [content] : [];
    }),
  );

const read = async (
  context: Context,
  name: string,
): Promise<{ readonly value: Json; readonly indent: number } | null> => {
  const bytes = await context.companion(name);
  const parsed = bytes === null ? null : parseJson(bytes);
  return parsed === null || typeof parsed === 'string' ? null : { value: record(parsed.value), indent: parsed.indent };
};

/** What the files beside the model say about its tokens. */
export interface Beside {
  /** Ids that some setting names: they stay. */
  readonly ids: readonly number[];
  /** The id that texts are padded with; null when no file says. */
  readonly pad: number | null;
  /** Id of the unknown token, as the files name it. */
  readonly unknown: number | null;
}

/** Read the ids that config.json and its neighbours name. `idOf` answers a token's id by its text. */
export const namedBeside = async (context: Context, idOf: (content: string) => number | undefined): Promise<Beside> => {
  const ids = new Set<number>();
  const found: { pad: number | null; unknown: number | null } = { pad: null, unknown: null };
  for (const name of [...settings, 'special_tokens_map.json']) {
    const file = await read(context, name);
    if (file === null) continue;
    for (const id of namedIn(file.value)) ids.add(id);
    for (const content of contentsIn(file.value)) {
      const id = idOf(content);
      if (id !== undefined) ids.add(id);
    }
    for (const [key, token, id] of [
      ['pad', file.value['pad_token'], file.value['pad_token_id']],
      ['unknown', file.value['unk_token'], file.value['unk_token_id']],
    ] as const) {
      const content = typeof token === 'string' ? token : record(token)['content'];
      found[key] ??= (typeof content === 'string' ? idOf(content) : undefined) ?? (isId(id) ? id : null);
    }
  }
  return { ids: [...ids], ...found };
};

const mapped = (value: unknown, now: (id: number) => number | undefined): unknown => {
  if (isId(value)) return now(value);
  return Array.isArray(value) ? value.map((one) => mapped(one, now)) : value;
};
const hasGap = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.some((one) => hasGap(one)));

/** Settings with their ids mapped and the new size of the vocabulary. */
export const mapSettings = (before: Json, ids: NewIds, rows: number, size: number, top = true): Json => {
  const now = (id: number): number | undefined => (id < rows ? ids.get(id) : (ids.get(id) ?? id));
  return Object.fromEntries(
    Object.entries(before).map(([key, value]): [string, unknown] => {
      if (isForeignKey(key)) return [key, value];
      if (key === 'vocab_size' && isId(value)) return [key, top || value === rows ? size : value];
      if (key === 'forced_decoder_ids')
        // Pairs of a place and a token.
        return [
          key,
          Array.isArray(value)
            ? value.map((pair) => [list(pair)[0], mapped(list(pair)[1], now)]).filter((pair) => !hasGap(pair))
            : value,
        ];
      if (isIdKey(key)) return [key, mapped(value, now)];
      if (isLooseKey(key))
        return [key, Array.isArray(value) ? value.map((one) => mapped(one, now)).filter((one) => !hasGap(one)) : value];
      if (key === 'added_tokens_decoder')
        return [
          key,
          Object.fromEntries(
            Object.entries(record(value)).map(([id, token]) => [String(ids.get(Number(id)) ?? id), token]),
          ),
        ];
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? [key, mapSettings(record(value), ids, rows, size, false)]
        : [key, value];
    }),
  );
};

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The files beside the model, tokenizer.json apart, that change when ids do, and the names of those that cannot be rewritten.
 *  Shapes: `rows` and `size` are the rows of the table before and after. */
export const rewriteBeside = async (
  context: Context,
  model: TokenModel,
  ids: NewIds,
  rows: number,
  size: number,
): Promise<{ readonly files: ReadonlyMap<string, Uint8Array>; readonly sealed: readonly string[] }> => {
  const files = new Map<string, Uint8Array>();
  for (const name of settings) {
    const file = await read(context, name);
    if (file === null) continue;
    const next = mapSettings(file.value, ids, rows, size);
    if (!same(next, file.value)) files.set(name, printJson(next, file.indent));
  }
  for (const name of ['added_tokens.json', 'vocab.json']) {
    const file = await read(context, name);
    const vocabulary = file === null ? null : vocabularyOf(file.value);
    if (file === null || vocabulary === null || typeof vocabulary === 'string') continue;
    files.set(name, printJson(keptVocabulary(vocabulary, ids), file.indent));
  }
  const lines = async (name: string): Promise<string[] | null> => {
    const bytes = await context.companion(name);
    return bytes === null ? null : new TextDecoder().decode(bytes).split('\n');
  };
  const words = await lines('vocab.txt');
  if (words !== null) {
    const kept = words.filter((word, id) => ids.has(id) && (id < words.length - 1 || word !== ''));
    files.set('vocab.txt', new TextEncoder().encode(`${kept.join('\n')}\n`));
  }
  const merges = await lines('merges.txt');
  if (merges !== null && model.kind === 'BPE') {
    const kept = list(model.rewrite(ids)['merges']).map((one) => (Array.isArray(one) ? one.join(' ') : String(one)));
    const head = merges[0]?.startsWith('#version') === true ? [merges[0]] : [];
    files.set('merges.txt', new TextEncoder().encode(`${[...head, ...kept].join('\n')}\n`));
  }
  const present: string[] = [];
  for (const name of sealed) if ((await context.companion(name)) !== null) present.push(name);
  return { files, sealed: present };
};
