import { SteelyardError, isSteelyardError } from '../../contracts/index.ts';
import { limits } from '../../data/limits.ts';
import { readJsonl, readLines, readText, type Row } from '../../data/rows.ts';
import { readHead, sniff } from '../../data/sniff.ts';

export type Format = 'jsonl' | 'csv' | 'tsv' | 'parquet' | 'json';

const jsonBytes = 256 * 1024 * 1024;

/** Whether a file's first line is a row by itself, as in JSONL, and not a document or lists of rows by task. */
const startsWithRow = async (path: string): Promise<boolean> => {
  for await (const { text } of readLines(path)) {
    if (text.trim() === '') continue;
    try {
      const value: unknown = JSON.parse(text);
      return typeof value === 'object' && value !== null && !Object.values(value).every((one) => Array.isArray(one));
    } catch {
      return false;
    }
  }
  return false;
};

/** The format of a file of rows or predictions: by its first bytes and its extension; ".json" may hold one document or JSONL.
 *  Errors: those of `sniff`, `score/format` for arrays of numbers. */
export const formatOf = async (path: string): Promise<Format> => {
  if (path.toLowerCase().endsWith('.json')) {
    await readHead(path);
    return (await startsWithRow(path)) ? 'jsonl' : 'json';
  }
  const format = await sniff(path);
  if (format === 'npz' || format === 'npy')
    throw new SteelyardError(
      'score/format',
      `${path}: an array file, expected JSONL, TSV, CSV or Parquet`,
      'write one answer per line with its idx',
    );
  return format;
};

/** A whole JSON document. Errors: `data/row`, `score/format` when it is too large. */
export const readJson = async (path: string): Promise<unknown> => {
  const parts: string[] = [];
  let length = 0;
  for await (const piece of readText(path)) {
    parts.push(piece);
    length += piece.length;
    if (length > jsonBytes)
      throw new SteelyardError('score/format', `${path}: a JSON document of more than 256 MB`, 'convert it to JSONL');
  }
  try {
    return JSON.parse(parts.join('')) as unknown;
  } catch (cause) {
    throw new SteelyardError('data/row', `${path}: not valid JSON: ${(cause as Error).message}`, undefined, { cause });
  }
};

/** Python writes NaN and Infinity, which JSON does not know: say so rather than that the line is broken. */
async function* jsonl(path: string): AsyncGenerator<Row> {
  try {
    yield* readJsonl(path);
  } catch (error) {
    if (isSteelyardError(error) && error.code === 'data/row' && /:\s*-?(NaN|Infinity)\b/.test(error.message))
      throw new SteelyardError(
        'score/not-finite',
        error.message.replace('not valid JSON', 'NaN or Infinity is no answer'),
        'a model that gives NaN has no answer to score: find out why first',
        { cause: error },
      );
    throw error;
  }
}

/** Fields of a tab-separated file line by line, taken as they are: quotes mean nothing. Errors: those of readLines, `data/columns`. */
export async function* readFields(path: string): AsyncGenerator<{ readonly line: number; readonly fields: string[] }> {
  for await (const { line, text } of readLines(path)) {
    if (text.trim() === '') continue;
    const fields = text.split('\t', limits.columns + 1);
    if (fields.length > limits.columns)
      throw new SteelyardError('data/columns', `${path}:${line}: more than ${limits.columns} fields`);
    yield { line, fields };
  }
}

async function* tsv(path: string): AsyncGenerator<Row> {
  let names: readonly string[] | null = null;
  for await (const { line, fields } of readFields(path)) {
    if (names === null) names = fields.map((name) => name.trim());
    else if (fields.length === names.length) yield Object.fromEntries(names.map((name, at) => [name, fields[at]]));
    else
      throw new SteelyardError(
        'data/row',
        `${path}:${line}: ${fields.length} fields, the header has ${names.length}`,
        'tabs divide the fields; quotes mean nothing',
      );
  }
}

/** Rows of a file with column names, whatever its format. A JSON document is a list of rows. */
export async function* rowsOf(path: string, format: Exclude<Format, 'json'>): AsyncGenerator<Row> {
  switch (format) {
    case 'jsonl':
      return yield* jsonl(path);
    case 'csv':
      return yield* (await import('../../data/delimited.ts')).readCsv(path);
    case 'tsv':
      return yield* tsv(path);
    case 'parquet':
      return yield* (await import('../../data/parquet.ts')).readParquet(path);
  }
}

/** Names of a few of many: "3, 17, 20 and 41 more". */
export const fewOf = (names: readonly (string | number)[], most = 5): string =>
  names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
