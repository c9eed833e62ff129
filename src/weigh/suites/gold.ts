import { SteelyardError } from '../../contracts/index.ts';
import { limits } from '../../data/limits.ts';
import type { Row } from '../../data/rows.ts';
import { goldLabel, mapperFor, type Mapper } from './gold-rows.ts';
import { thingOf } from './nested.ts';
import { pairClusters } from './pairs.ts';
import { fewOf, formatOf, readFields, readJson, rowsOf, type Format } from './rows.ts';
import type { Gold, GoldRow, SuiteTask, TsvLayout } from './types.ts';

const flatNames: Readonly<Record<Exclude<Format, 'json'>, string>> = {
  jsonl: 'JSONL, one row a line',
  csv: 'CSV as the hub’s columns',
  tsv: 'TSV with the hub’s columns',
  parquet: 'Parquet as on the hub',
};

interface Read {
  readonly layout: string;
  readonly rows: GoldRow[];
  readonly notes: string[];
}

const tooMany = (path: string): never => {
  throw new SteelyardError('data/too-large', `${path}: more than ${limits.rows.toLocaleString('en-US')} rows`);
};

/** Columns of a layout as places in a row; null when the header lacks a field. A layout of positions is for files without a header. */
const placesIn = (layout: TsvLayout, header: readonly string[]) => {
  const place = (column: string | number): number => (typeof column === 'number' ? column : header.indexOf(column));
  const fields = Object.entries(layout.fields).map(([name, column]) => [name, place(column)] as const);
  return fields.some(([, at]) => at < 0) ? null : { fields, label: place(layout.label), id: header.indexOf('index') };
};

/** A tab-separated file of GLUE; rows are known by its column "index", where it has one, otherwise by their number from 0. Null: its columns are not those of the official files. Rows that end before their last field are left
 *  out, and still count for the row number, as in the hub's copy. */
const readTsvGold = async (task: SuiteTask, path: string): Promise<Read | null> => {
  const rows: GoldRow[] = [];
  const short: number[] = [];
  let places: ReturnType<typeof placesIn> = null;
  let row = 0;
  for await (const { line, fields } of readFields(path)) {
    if (places === null) {
      const headerless = task.tsv!.find(({ label }) => typeof label === 'number');
      const header = fields.map((name) => name.trim());
      if (headerless !== undefined && !header.includes('sentence')) places = placesIn(headerless, []);
      else {
        for (const layout of task.tsv!)
          places ??= placesIn(
            // CoLA's test file has a header, unlike the others.
            typeof layout.label === 'number' ? { fields: { sentence: 'sentence' }, label: 'label' } : layout,
            header,
          );
        if (places === null) return null;
        continue;
      }
    }
    const { fields: columns, label, id } = places!;
    if (rows.length >= limits.rows) tooMany(path);
    if ([...columns.map(([, at]) => at), label, id].some((at) => at >= 0 && fields[at] === undefined)) short.push(line);
    else
      rows.push({
        id: id < 0 ? String(row) : fields[id]!.trim(),
        fields: Object.fromEntries(columns.map(([name, at]) => [name, fields[at]!])),
        label: goldLabel(task, label < 0 ? undefined : fields[label], `${path}:${line}`),
      });
    row += 1;
  }
  const notes =
    short.length === 0
      ? []
      : [`rows with too few fields, left out as in the hub’s copy (${short.length}): line ${fewOf(short)}`];
  return { layout: 'GLUE TSV', rows, notes };
};

const mapped = (mapper: Mapper | null, rows: GoldRow[]): Read => ({ layout: mapper?.layout ?? '', rows, notes: [] });

const readRows = async (task: SuiteTask, path: string, format: Exclude<Format, 'json'>): Promise<Read> => {
  const rows: GoldRow[] = [];
  let mapper: Mapper | null = null;
  let at = 0;
  for await (const row of rowsOf(path, format)) {
    at += 1;
    mapper ??= mapperFor(task, path, row, flatNames[format]);
    for (const one of mapper.map(row, at)) rows.push(one);
    if (rows.length > limits.rows) tooMany(path);
  }
  return mapped(mapper, rows);
};

/** A JSON document: a list of rows, or lists by task as Adversarial GLUE has them. */
const readDocument = async (task: SuiteTask, path: string): Promise<Read> => {
  const document = await readJson(path);
  const name = task.id.split('/')[1]!;
  const list: unknown = Array.isArray(document) ? document : (document as Record<string, unknown> | null)?.[name];
  if (!Array.isArray(list))
    throw new SteelyardError(
      'score/gold',
      `${path}: neither a list of rows nor an object with the list "${name}"`,
      'give the task’s own file',
    );
  const layout = Array.isArray(document) ? 'JSON, a list of rows' : 'JSON, lists by task';
  const rows: GoldRow[] = [];
  let mapper: Mapper | null = null;
  for (const [at, raw] of (list as readonly unknown[]).entries()) {
    const row: Row = thingOf(raw, `${path}: row ${at + 1}`);
    mapper ??= mapperFor(task, path, row, layout);
    rows.push(...mapper.map(row, at + 1));
  }
  return mapped(mapper, rows);
};

const read = async (task: SuiteTask, path: string): Promise<Read> => {
  const format = await formatOf(path);
  if (format === 'json') return readDocument(task, path);
  if (format === 'tsv' && task.tsv !== undefined && task.tsv.length > 0) {
    const official = await readTsvGold(task, path);
    if (official !== null) return official;
  }
  return readRows(task, path, format);
};

/** Rows without a right answer. */
const hiddenIn = (task: SuiteTask, rows: readonly GoldRow[]): readonly GoldRow[] =>
  rows.filter(({ label, answers }) => (task.answer === 'text' ? answers!.length === 0 : label === null));

/** Read a task's rows with their right answers: the official files (tab-separated for GLUE, nested JSONL for SuperGLUE, one JSON document
 *  for Adversarial GLUE), or the hub's columns as JSONL, CSV, TSV or Parquet. Says which it found.
 *  Errors: `score/gold`, `score/hidden-labels`, `score/duplicate-id`, `score/pairs`, and those of the data readers. */
export const readGold = async (task: SuiteTask, path: string): Promise<Gold> => {
  const { layout, rows, notes } = await read(task, path);
  if (rows.length === 0) throw new SteelyardError('score/gold', `${path}: no rows`, 'give a file with right answers');
  const seen = new Set<string>();
  const twice = rows.filter(({ id }) => seen.size === seen.add(id).size);
  if (twice.length > 0)
    throw new SteelyardError(
      'score/duplicate-id',
      `${path}: rows with the idx of another row (${twice.length}): ${fewOf(twice.map(({ id }) => id))}`,
      'the right answers need one row for each idx',
    );
  const hidden = hiddenIn(task, rows);
  if (hidden.length > 0)
    throw new SteelyardError(
      'score/hidden-labels',
      hidden.length === rows.length
        ? `${path}: the right answers are hidden (−1 or absent): this is a test split`
        : `${path}: rows without a right answer (${hidden.length} of ${rows.length}): idx ${fewOf(hidden.map(({ id }) => id))}`,
      task.split === 'validation'
        ? 'evaluate on validation: the right answers of the test split are not public'
        : 'evaluate on the copy of this diagnostic set that has right answers',
    );
  const size =
    rows.length === task.rows
      ? []
      : [
          `${rows.length.toLocaleString('en-US')} rows; the ${task.split} split of ${task.id} has ${task.rows.toLocaleString('en-US')}`,
        ];
  return { path, layout, rows: task.cluster === 'pair' ? pairClusters(rows, path) : rows, notes: [...notes, ...size] };
};
