import { createReadStream } from 'node:fs';
import { SteelyardError, isSteelyardError } from '../contracts/index.ts';
import { limits } from './limits.ts';

/** One row of a table: column name → value as the format gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** Text of a UTF-8 file piece by piece, without a byte order mark. Errors: `data/encoding` with the byte offset, `data/read`. */
export async function* readText(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let offset = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) {
      const bytes = chunk as Buffer;
      yield decoder.decode(bytes, { stream: true });
      offset += bytes.length;
    }
    yield decoder.decode();
  } catch (cause) {
    if (isSteelyardError(cause)) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw new SteelyardError(
        'data/encoding',
        `${path}: not valid UTF-8 near byte ${offset.toLocaleString('en-US')}; it looks like Latin-1 or Windows-1252`,
        'save the file as UTF-8, for example: iconv -f WINDOWS-1252 -t UTF-8 in.csv > out.csv',
        { cause },
      );
    throw new SteelyardError('data/read', `${path}: ${(cause as Error).message}`, undefined, { cause });
  }
}

const tooLong = (path: string, line: number): never => {
  throw new SteelyardError(
    'data/row-too-long',
    `${path}:${line}: a row of more than ${limits.rowChars.toLocaleString('en-US')} characters`,
    'check the line ends and quotes of the file',
  );
};

/** Lines of a UTF-8 file, without their ends, with their number (from 1). Errors: those of readText, `data/row-too-long`. */
export async function* readLines(path: string): AsyncGenerator<{ readonly line: number; readonly text: string }> {
  let line = 1;
  let parts: string[] = [];
  let length = 0;
  for await (const piece of readText(path)) {
    let from = 0;
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', from)) {
      const text = parts.length === 0 ? piece.slice(from, end) : parts.join('') + piece.slice(from, end);
      if (text.length > limits.rowChars) tooLong(path, line);
      yield { line: line++, text: text.endsWith('\r') ? text.slice(0, -1) : text };
      parts = [];
      length = 0;
      from = end + 1;
    }
    if (from < piece.length) {
      parts.push(piece.slice(from));
      length += piece.length - from;
      if (length > limits.rowChars) tooLong(path, line);
    }
  }
  if (parts.length > 0) yield { line, text: parts.join('') };
}

const preview = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

/** Rows of a JSONL file: one JSON object per line, empty lines skipped.
 *  Errors: `data/row` with the line, `data/columns`, and those of readLines. */
export async function* readJsonl(path: string): AsyncGenerator<Row> {
  for await (const { line, text } of readLines(path)) {
    if (text.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new SteelyardError(
        'data/row',
        `${path}:${line}: not valid JSON: ${preview(text)}`,
        'JSONL holds one complete JSON object per line',
        { cause },
      );
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new SteelyardError(
        'data/row',
        `${path}:${line}: expected a JSON object, found ${preview(text)}`,
        'JSONL holds one JSON object per line, such as {"text": "…", "label": "…"}',
      );
    const columns = Object.keys(value).length;
    if (columns > limits.columns) tooManyColumns(path);
    yield value as Row;
  }
}

/** Errors: `data/columns`, always. */
export const tooManyColumns = (path: string): never => {
  throw new SteelyardError(
    'data/columns',
    `${path}: more than ${limits.columns.toLocaleString('en-US')} columns`,
    'keep only the columns that the task needs; tensors belong into an npz file',
  );
};
