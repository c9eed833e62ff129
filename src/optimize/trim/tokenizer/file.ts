import { bpe } from './bpe.ts';
import { isId, list, parseJson, printJson, record } from './json.ts';
import { mapProcessor } from './post-processor.ts';
import { unigram } from './unigram.ts';
import { wordLevel } from './word-level.ts';
import { wordPiece } from './word-piece.ts';
import type { Json, NewIds, TokenModel } from './types.ts';

/** What tokenizer.json says. */
export interface TokenizerFile {
  readonly model: TokenModel;
  /** Tokens that are found before the model is asked: special ones, and words added later. */
  readonly added: ReadonlyMap<number, string>;
  /** Ids that the template, the padding and the model's own needs name: they stay. */
  readonly named: ReadonlySet<number>;
  readonly json: Json;
  readonly indent: number;
}

const usesBytes = (raw: unknown): boolean => {
  if (Array.isArray(raw)) return raw.some(usesBytes);
  const one = record(raw);
  return (
    one['type'] === 'ByteLevel' ||
    list(one['pretokenizers']).some(usesBytes) ||
    list(one['normalizers']).some(usesBytes)
  );
};

/** Older files state no type: what they hold tells it. */
const kindOf = (model: Json): unknown => {
  if (model['type'] !== undefined) return model['type'];
  if (Array.isArray(model['vocab'])) return 'Unigram';
  if (model['merges'] !== undefined) return 'BPE';
  return model['continuing_subword_prefix'] === undefined ? 'WordLevel' : 'WordPiece';
};

const modelOf = (json: Json): TokenModel | string => {
  const raw = record(json['model']);
  const kind = kindOf(raw);
  switch (kind) {
    case 'WordPiece':
      return wordPiece(raw);
    case 'BPE':
      return bpe(raw, usesBytes(json['pre_tokenizer']) || usesBytes(json['normalizer']));
    case 'Unigram':
      return unigram(raw);
    case 'WordLevel':
      return wordLevel(raw);
    default:
      return `its model is of a kind that is not known, ${JSON.stringify(kind)}`;
  }
};

/** Read tokenizer.json. Answers why it cannot be rewritten. Source: Hugging Face tokenizers, file format 1.0. */
export const readTokenizerFile = (bytes: Uint8Array): TokenizerFile | string => {
  const parsed = parseJson(bytes);
  if (typeof parsed === 'string') return `tokenizer.json is no JSON: ${parsed}`;
  const json = record(parsed.value);
  const model = modelOf(json);
  if (typeof model === 'string') return `tokenizer.json: ${model}`;
  const added = new Map<number, string>();
  for (const raw of list(json['added_tokens'])) {
    const { id, content } = record(raw);
    if (!isId(id) || typeof content !== 'string') return 'tokenizer.json: an added token has no id or no content';
    if ((model.ids.get(content) ?? id) !== id)
      return `tokenizer.json: the added token "${content}" has another id than in the vocabulary`;
    added.set(id, content);
  }
  const named = new Set([...model.always, ...added.keys()]);
  const padId = record(json['padding'])['pad_id'];
  if (isId(padId)) named.add(padId);
  const processor = mapProcessor(json['post_processor'], (id) => {
    named.add(id);
    return id;
  });
  if (processor === undefined)
    return `tokenizer.json: its post-processor is not understood, ${JSON.stringify(record(json['post_processor'])['type'])}`;
  return { model, added, named, json, indent: parsed.indent };
};

/** tokenizer.json with only the tokens that stay, under their new ids. Special tokens, template and padding name the new ids; all
 *  else is as it was. `ids` has every id that `named` has. */
export const rewriteTokenizerFile = ({ json, model, indent }: TokenizerFile, ids: NewIds): Uint8Array => {
  const now = (id: number): number => ids.get(id) ?? id;
  const padding = json['padding'];
  const padId = record(padding)['pad_id'];
  return printJson(
    {
      ...json,
      ...(isId(padId) ? { padding: { ...record(padding), pad_id: now(padId) } } : {}),
      added_tokens: list(json['added_tokens']).map((raw) => ({ ...record(raw), id: now(record(raw)['id'] as number) })),
      post_processor: mapProcessor(json['post_processor'], now) ?? null,
      model: model.rewrite(ids),
    },
    indent,
  );
};
