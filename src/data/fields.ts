import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { SteelyardError, type Gold, type Image, type Value } from '../contracts/index.ts';
import type { Right } from './columns.ts';
import { fromJson } from './json-array.ts';
import { limits } from './limits.ts';
import type { Row } from './rows.ts';

const fail = (where: string, what: string, hint: string): never => {
  throw new SteelyardError('data/value', `${where}: ${what}`, hint);
};

const parsed = (raw: string, where: string): unknown => {
  try {
    return JSON.parse(raw);
  } catch {
    return fail(where, 'starts like a JSON list but is none', 'write ["a", "b"], or plain text');
  }
};

/** A list of texts: a list, a JSON list written as text, or text cut at `separator`. Errors: `data/value`. */
export const listOf = (raw: unknown, where: string, separator: RegExp = /\s+/u): readonly string[] => {
  const list =
    typeof raw !== 'string'
      ? raw
      : raw.trimStart().startsWith('[')
        ? parsed(raw, where)
        : raw
            .split(separator)
            .map((one) => one.trim())
            .filter((one) => one !== '');
  if (!Array.isArray(list)) return fail(where, 'expected a list of texts', 'write ["a", "b"]');
  return list.map((one) => {
    if (typeof one !== 'string')
      return fail(
        where,
        `${JSON.stringify(one)?.slice(0, 40)} is no text`,
        'put names in place of numbers: the order of a data set is often not the order of the model',
      );
    if (one.length > limits.textChars) return fail(where, `a text of ${one.length} characters`, 'shorten it');
    return one;
  });
};

/** The choices of a row: one column with a list, or one text per column; an empty last column is no choice. Errors: `data/value`. */
export const choicesOf = (
  row: Row,
  columns: readonly string[],
  place: (column: string) => string,
): readonly string[] => {
  if (columns.length === 1) return listOf(row[columns[0]!], place(columns[0]!), /\|/);
  const all = columns.map((column) => {
    const text = row[column];
    if (text === null || text === undefined || text === '') return '';
    return typeof text === 'string' ? text : fail(place(column), 'expected text', 'every choice is a text');
  });
  return all.slice(0, all.findLastIndex((text) => text !== '') + 1);
};

const number = (raw: unknown, where: string): number => {
  const value = isValue(raw)
    ? Number((raw.data as ArrayLike<unknown>)[0])
    : typeof raw === 'string'
      ? Number(raw.trim() || Number.NaN)
      : Number(raw);
  return Number.isFinite(value)
    ? value
    : fail(where, `${JSON.stringify(String(raw)).slice(0, 40)} is no number`, 'every row needs a number');
};

const isValue = (raw: unknown): raw is Value =>
  typeof raw === 'object' && raw !== null && 'dtype' in raw && 'dims' in raw && 'data' in raw;

/** Accepted answers: a text, a list of them, or SQuAD's { text: […], answer_start: […] }. An empty list: the text holds no answer. */
const accepted = (raw: unknown, where: string): readonly string[] => {
  const open = typeof raw === 'string' && /^\s*[[{]/.test(raw) ? parsed(raw, where) : raw;
  if (typeof open === 'string') return [open];
  const list = typeof open === 'object' && open !== null && 'text' in open ? open.text : open;
  return typeof list === 'string' ? [list] : listOf(list, where);
};

const grades = (raw: unknown, where: string): Readonly<Record<string, number>> => {
  const open = typeof raw === 'string' && raw.trimStart().startsWith('{') ? parsed(raw, where) : raw;
  if (typeof open === 'object' && open !== null && !Array.isArray(open))
    return Object.fromEntries(Object.entries(open).map(([id, grade]) => [id, number(grade, where)]));
  const ids = Array.isArray(open) ? open.map(String) : listOf(open, where, /[\s,|]+/u);
  return Object.fromEntries(ids.map((id) => [id, 1]));
};

/** A right answer that is not one name; null when there is none. Errors: `data/value`. */
export const goldOf = (kind: Exclude<Right, 'label' | 'reference'>, raw: unknown, where: string): Gold | null => {
  if (raw === null || raw === undefined) return null;
  switch (kind) {
    case 'score':
      return raw === '' ? null : number(raw, where);
    case 'tags':
      return listOf(raw, where);
    case 'labels':
      return listOf(raw, where, /[|;]/);
    case 'answers':
      return raw === '' ? [] : accepted(raw, where);
    case 'relevant':
      return grades(raw, where);
  }
};

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const largestPicture = 64 * 1024 * 1024;

const pixelsOf = (value: Value, where: string): Image => {
  const { dims, data } = value;
  const channels = dims.length === 2 ? 1 : dims[2];
  if ((dims.length !== 2 && dims.length !== 3) || ![1, 3, 4].includes(channels ?? 0))
    throw new SteelyardError(
      'data/image',
      `${where}: pixels of the shape [${dims.join(', ')}]`,
      'give [height, width] or [height, width, channels] with 1, 3 or 4 channels',
    );
  const bytes = Uint8Array.from(data as ArrayLike<number>, Number);
  const odd =
    (data as ArrayLike<number>).length === bytes.length ? bytes.findIndex((one, at) => one !== Number(data[at])) : 0;
  if (odd >= 0)
    throw new SteelyardError(
      'data/image',
      `${where}: the pixel ${String(data[odd])}`,
      'pixels are whole numbers from 0 to 255',
    );
  return {
    kind: 'pixels',
    pixels: { dtype: 'uint8', dims, data: bytes },
    digest: digestOf(Buffer.concat([Buffer.from(`${dims.join('x')} `), bytes])),
  };
};

/** A picture: a path relative to the data file, bytes (as Parquet holds them, or a base64 data URL), or pixels. Files are read once here for their
 *  digest and decoded when they are fed. Errors: `data/image`. */
export const imageOf = (raw: unknown, folder: string, where: string): Image => {
  if (typeof raw === 'object' && raw !== null && 'bytes' in raw && raw.bytes instanceof Uint8Array)
    return { kind: 'bytes', bytes: raw.bytes, digest: digestOf(raw.bytes) };
  if (isValue(raw)) return pixelsOf(raw, where);
  if (raw instanceof Uint8Array) return { kind: 'bytes', bytes: raw, digest: digestOf(raw) };
  if (Array.isArray(raw)) return pixelsOf(fromJson(raw, where), where);
  const text =
    typeof raw === 'string' ? raw : typeof raw === 'object' && raw !== null && 'path' in raw ? String(raw.path) : '';
  const encoded = /^data:image\/[a-z+]+;base64,/.exec(text);
  if (encoded !== null) {
    const bytes = Uint8Array.from(Buffer.from(text.slice(encoded[0].length), 'base64'));
    return { kind: 'bytes', bytes, digest: digestOf(bytes) };
  }
  if (text === '') throw new SteelyardError('data/image', `${where}: no picture`, 'give a path, bytes or pixels');
  const path = resolve(folder, text);
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined || size > largestPicture)
    throw new SteelyardError(
      'data/image',
      `${where}: ${size === undefined ? `there is no file ${path}` : `${path} has ${size} bytes, at most ${largestPicture}`}`,
      'paths are relative to the data file',
    );
  return { kind: 'file', path, digest: digestOf(readFileSync(path)) };
};
