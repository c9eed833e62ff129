import type { Json, NewIds } from './types.ts';

/** The value as an object; an empty one when it is none. */
export const record = (raw: unknown): Json =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? (raw as Json) : {};

/** The value as a list; an empty one when it is none. */
export const list = (raw: unknown): readonly unknown[] => (Array.isArray(raw) ? raw : []);

export const isId = (raw: unknown): raw is number => typeof raw === 'number' && Number.isInteger(raw) && raw >= 0;

/** A vocabulary written as an object, or why it is none. */
export const vocabularyOf = (raw: unknown): ReadonlyMap<string, number> | string => {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    return 'its vocabulary is no list of tokens with ids';
  const ids = new Map<string, number>();
  const seen = new Set<number>();
  for (const [token, id] of Object.entries(raw)) {
    if (!isId(id)) return `the id of its token "${token}" is no whole number`;
    if (seen.has(id)) return `its vocabulary gives id ${id} to two tokens`;
    seen.add(id);
    ids.set(token, id);
  }
  return ids;
};

/** A vocabulary with only what stays, as an object in its old order. */
export const keptVocabulary = (ids: ReadonlyMap<string, number>, kept: NewIds): Json =>
  Object.fromEntries(
    [...ids].flatMap(([token, id]) => {
      const now = kept.get(id);
      return now === undefined ? [] : [[token, now]];
    }),
  );

/** Stated by many tokenizers for "no limit". JSON numbers lose the digits, readers in other languages compare them. */
const noLimit = '1000000000000000019884624838656';

/** A JSON file read, with what is needed to write it the same way. Answers why it cannot be read. */
export const parseJson = (bytes: Uint8Array): { readonly value: unknown; readonly indent: number } | string => {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const indent = /^[{[]\n( +)\S/.exec(text)?.[1]?.length ?? 0;
    return { value: JSON.parse(text), indent };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/** A JSON value as the bytes of a file. */
export const printJson = (value: unknown, indent: number): Uint8Array =>
  new TextEncoder().encode(
    `${JSON.stringify(value, null, indent).replaceAll(/("model_max_length":\s*)1e\+30/g, `$1${noLimit}`)}\n`,
  );
