import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { SteelyardError, isSteelyardError } from '../contracts/index.ts';
import { limits } from './limits.ts';
import { readLines, readText, tooManyColumns, type Row } from './rows.ts';

const header = (path: string, raw: readonly string[]): readonly string[] => {
  if (raw.length > limits.columns) tooManyColumns(path);
  const names = raw.map((name) => name.trim());
  const twice = names.find((name, index) => name !== '' && names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new SteelyardError('data/header', `${path}: the column "${twice}" is there twice`, 'rename one of them');
  if (names.every((name) => name === ''))
    throw new SteelyardError(
      'data/header',
      `${path}: the first line names no columns`,
      'the first line must be a header',
    );
  return names;
};

const toRow = (path: string, line: number, names: readonly string[], fields: readonly string[]): Row => {
  if (fields.length !== names.length)
    throw new SteelyardError(
      'data/row',
      `${path}:${line}: ${fields.length} fields, the header has ${names.length}`,
      fields.length > names.length
        ? 'put fields that contain the separator in double quotes (CSV)'
        : 'complete the row',
    );
  const row: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [index, name] of names.entries()) if (name !== '') row[name] = fields[index];
  return row;
};

/** The separator of a CSV file by its header: a comma, or a semicolon or tab where the header has no comma. */
const separatorOf = async (path: string): Promise<string> => {
  let separator = ',';
  for await (const { text } of readLines(path)) {
    if (text.trim() === '') continue;
    separator = [',', ';', '\t'].find((one) => text.includes(one)) ?? ',';
    // Counted before the parser builds them all.
    const columns = text.split(separator, limits.columns + 1).length;
    if (columns > limits.columns) tooManyColumns(path);
    break;
  }
  return separator;
};

/** Rows of a CSV file (RFC 4180: double quotes, quoted line breaks), header first, empty lines skipped. A header without commas may
 *  be separated by semicolons or tabs.
 *  Errors: `data/row`, `data/header`, `data/columns`, `data/row-too-long`, and those of readText. */
export async function* readCsv(path: string): AsyncGenerator<Row> {
  const delimiter = await separatorOf(path);
  const source = Readable.from(readText(path), { objectMode: false });
  const parser = parse({
    delimiter,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: limits.csvRowChars,
    info: true,
  });
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  let names: readonly string[] | null = null;
  try {
    for await (const item of parser) {
      const { record, info } = item as { record: string[]; info: { lines: number } };
      if (names === null) names = header(path, record);
      else yield toRow(path, info.lines, names, record);
    }
  } catch (cause) {
    if (isSteelyardError(cause)) throw cause;
    if (!(cause instanceof CsvError)) throw cause;
    const line = typeof cause['lines'] === 'number' ? cause['lines'] : 0;
    if (cause.code === 'CSV_MAX_RECORD_SIZE')
      throw new SteelyardError(
        'data/row-too-long',
        `${path}:${line}: a row of more than ${limits.csvRowChars.toLocaleString('en-US')} characters`,
        'a double quote that is never closed swallows the rest of the file',
        { cause },
      );
    throw new SteelyardError(
      'data/row',
      `${path}:${line}: ${cause.message}`,
      'double a quote inside a quoted field: ""',
      {
        cause,
      },
    );
  } finally {
    source.destroy();
    parser.destroy();
  }
}

/** Rows of a TSV file: fields divided by tabs, taken as they are (text/tab-separated-values knows no quotes), header first.
 *  Errors: `data/row`, `data/header`, `data/columns`, and those of readLines. Source: IANA text/tab-separated-values. */
export async function* readTsv(path: string): AsyncGenerator<Row> {
  let names: readonly string[] | null = null;
  for await (const { line, text } of readLines(path)) {
    if (text.trim() === '') continue;
    const fields = text.split('\t', limits.columns + 1);
    if (names === null) names = header(path, fields);
    else yield toRow(path, line, names, fields);
  }
}
