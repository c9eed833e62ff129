import { dirname, isAbsolute, resolve } from 'node:path';
import { SteelyardError, type DataSource, type Digest, type Example, type Value } from '../contracts/index.ts';
import { contentKey, digestExamples, lot } from './canonical.ts';
import { resolveColumns, type ResolvedColumns, type TaskKind } from './columns.ts';
import { choicesOf, goldOf, imageOf, listOf } from './fields.ts';
import { fromJson } from './json-array.ts';
import { limits } from './limits.ts';
import { readNpy, readNpz } from './npz.ts';
import { readJsonl, type Row } from './rows.ts';
import { sniff, type DataFormat } from './sniff.ts';
import { rowsOfArrays } from './array-rows.ts';

export interface ReadOptions {
  readonly taskKind: TaskKind;
  /** Which rows `limit` takes. */
  readonly seed?: number;
  /** False for calibration data: rows need no right answer. Default true. */
  readonly labelled?: boolean;
  readonly signal?: AbortSignal;
}

export interface ReadResult {
  readonly examples: readonly Example[];
  /** sha256 over the canonical examples in their order, not over the file's bytes. */
  readonly digest: Digest;
  /** Rows of the file; `examples.length` when no limit was given. */
  readonly rows: number;
  readonly path: string;
  /** What the user should know but need not act on: guessed columns, repeated texts, one class only. */
  readonly warnings: readonly string[];
}

/** Readers that bring a library with them are loaded for their own files only. */
const rowsOf = async (path: string, format: DataFormat): Promise<AsyncIterable<Row> | Iterable<Row>> => {
  switch (format) {
    case 'jsonl':
      return readJsonl(path);
    case 'csv':
      return (await import('./delimited.ts')).readCsv(path);
    case 'tsv':
      return (await import('./delimited.ts')).readTsv(path);
    case 'parquet':
      return (await import('./parquet.ts')).readParquet(path);
    case 'npz':
      return rowsOfArrays(path, await readNpz(path));
    case 'npy':
      return rowsOfArrays(path, new Map([['array', await readNpy(path)]]));
  }
};

const plain = (raw: unknown): string | null => {
  if (typeof raw === 'string') return raw;
  if (typeof raw === 'number' || typeof raw === 'bigint' || typeof raw === 'boolean') return String(raw);
  return null;
};

const isValue = (raw: unknown): raw is Value =>
  typeof raw === 'object' && raw !== null && 'dtype' in raw && 'dims' in raw && 'data' in raw;

/** Turns rows into examples and collects what is missing. */
const collector = (path: string, columns: ResolvedColumns, labelled: boolean) => {
  const missing: number[] = [];
  const ids = new Map<string, number>();
  const labels = new Set<string>();
  const nameOf = (row: Row, column: string, at: number, role: string): string | null => {
    const raw = isValue(row[column]) ? (row[column].data as ArrayLike<unknown>)[0] : row[column];
    if (raw === undefined || raw === null || raw === '') return null;
    const name = plain(raw);
    if (name === null || name.length > limits.nameChars)
      throw new SteelyardError(
        'data/value',
        `${path}: row ${at}: the ${role} in column "${column}" is ${name === null ? 'a list or an object' : `${name.length} characters long`}, expected a short name`,
        `check that "${column}" is the right column`,
      );
    return name.trim();
  };
  const textOf = (row: Row, column: string, at: number): string => {
    const text = plain(row[column]);
    if (text === null)
      throw new SteelyardError(
        'data/value',
        `${path}: row ${at}: column "${column}" holds ${row[column] === undefined || row[column] === null ? 'nothing' : 'a list or an object'}, expected text`,
        'every row needs a text',
      );
    if (text.length > limits.textChars)
      throw new SteelyardError(
        'data/row-too-long',
        `${path}: row ${at}: a text of ${text.length} characters, at most ${limits.textChars}`,
      );
    return text;
  };
  const idOf = (row: Row, at: number): string => {
    if (columns.id === null) return String(at);
    const id = nameOf(row, columns.id, at, 'id');
    if (id === null) throw new SteelyardError('data/value', `${path}: row ${at}: no id in column "${columns.id}"`);
    const before = ids.get(id);
    if (before !== undefined)
      throw new SteelyardError(
        'data/duplicate-id',
        `${path}: rows ${before} and ${at} have the same id "${id}"`,
        `choose another id column than "${columns.id}", or none: rows are then numbered`,
      );
    ids.set(id, at);
    return id;
  };
  return {
    missing,
    labels,
    toExample(row: Row, at: number): Example {
      const label = columns.label === null ? null : nameOf(row, columns.label, at, 'label');
      const place = (column: string): string => `${path}: row ${at}: column "${column}"`;
      const { words, choices, image, gold: told } = columns;
      const gold = told === null ? null : goldOf(told.kind, row[told.column], place(told.column));
      const reference = Object.entries(columns.reference).map(
        ([output, column]) =>
          [output, isValue(row[column]) ? row[column] : fromJson(row[column], place(column))] as const,
      );
      if (label === null && gold === null) missing.push(at);
      if (label === null) {
        // Nothing to count.
      } else if (labels.size < limits.labels) labels.add(label);
      else if (!labels.has(label))
        throw new SteelyardError(
          'data/labels',
          `${path}: more than ${limits.labels} different labels`,
          `is "${columns.label}" the right column?`,
        );
      const tensors = Object.entries(columns.tensors).map(
        ([input, column]) =>
          [input, isValue(row[column]) ? row[column] : fromJson(row[column], place(column))] as const,
      );
      return {
        id: idOf(row, at),
        ...(columns.text === null ? {} : { text: textOf(row, columns.text, at) }),
        ...(columns.pair === null ? {} : { pair: textOf(row, columns.pair, at) }),
        ...(tensors.length === 0 ? {} : { tensors: Object.fromEntries(tensors) }),
        ...(words === null ? {} : { words: listOf(row[words], place(words)) }),
        ...(choices.length === 0 ? {} : { choices: choicesOf(row, choices, place) }),
        ...(image === null ? {} : { image: imageOf(row[image], dirname(path), place(image)) }),
        label,
        ...(gold === null ? {} : { gold }),
        ...(reference.length === 0 ? {} : { gold: { outputs: Object.fromEntries(reference) } }),
        groups: Object.fromEntries(columns.groups.map((name) => [name, nameOf(row, name, at, 'group') ?? '(none)'])),
      };
    },
    check(): void {
      const column = columns.label ?? columns.gold?.column;
      if (!labelled || column === undefined || missing.length === 0) return;
      throw new SteelyardError(
        'data/label-missing',
        `${path}: ${missing.length} ${missing.length === 1 ? 'row has' : 'rows have'} no right answer in column "${column}", the first is row ${missing[0]}`,
        'fill the labels in, or remove these rows',
      );
    },
  };
};

/** Keeps the `limit` examples with the smallest lots while reading; the seed and the content decide, not the row order. */
const sampler = (limit: number | undefined, seed: number) => {
  let kept: { readonly draw: number; readonly at: number; readonly example: Example }[] = [];
  const prune = (): void => {
    if (limit === undefined || kept.length <= limit) return;
    kept = kept.toSorted((a, b) => a.draw - b.draw || a.at - b.at).slice(0, limit);
  };
  return {
    add(example: Example, at: number): void {
      kept.push({ draw: limit === undefined ? 0 : lot(seed, 'limit', contentKey(example)), at, example });
      if (limit !== undefined && kept.length > limit * 2 + 1000) prune();
      if (kept.length > limits.rows)
        throw new SteelyardError(
          'data/too-large',
          `more than ${limits.rows.toLocaleString('en-US')} rows`,
          'take a sample with limit',
        );
    },
    done(): Example[] {
      prune();
      return kept.toSorted((a, b) => a.at - b.at).map(({ example }) => example);
    },
  };
};

const warn = (path: string, examples: readonly Example[], columns: ResolvedColumns): string[] => {
  const warnings = [...columns.notes];
  const labels = new Set(examples.map(({ label }) => label));
  if (columns.label !== null && labels.size === 1 && examples.length > 1)
    warnings.push(
      `${path}: all ${examples.length} rows have the label "${examples[0]!.label}": quality on one class says little`,
    );
  const repeated = examples.length - new Set(examples.map(contentKey)).size;
  if (repeated > 0) warnings.push(`${path}: ${repeated} of ${examples.length} rows repeat the content of another row`);
  const quoted =
    path.toLowerCase().endsWith('.tsv') && examples.filter(({ text }) => /^".*"$/s.test(text ?? '')).length;
  if (quoted)
    warnings.push(`${path}: ${quoted} texts are wrapped in double quotes; TSV has no quoting, so they are kept`);
  return warnings;
};

/** Read a data source into examples. Rows are numbered from 1, without the header; that number is the id when no id column is named.
 *  Errors: `data/missing`, `data/empty`, `data/binary`, `data/encoding`, `data/format`, `data/row`, `data/columns`, `data/column`,
 *  `data/value`, `data/label-missing`, `data/duplicate-id`, `data/image`, `data/array`, `data/npy`, `data/npz`, `data/parquet`, `data/too-large`. */
export const readExamples = async (
  source: DataSource,
  baseFolder: string,
  options: ReadOptions,
): Promise<ReadResult> => {
  const path = isAbsolute(source.path) ? source.path : resolve(baseFolder, source.path);
  const { taskKind, seed = 0, labelled = true } = options;
  const format = await sniff(path);
  const sample = sampler(source.limit, seed);
  let columns: ResolvedColumns | null = null;
  let collect: ReturnType<typeof collector> | null = null;
  let rows = 0;
  for await (const row of await rowsOf(path, format)) {
    options.signal?.throwIfAborted();
    columns ??= resolveColumns(path, source.columns, Object.keys(row), taskKind, labelled);
    collect ??= collector(path, columns, labelled);
    rows += 1;
    sample.add(collect.toExample(row, rows), rows);
  }
  if (columns === null || collect === null)
    throw new SteelyardError('data/empty', `${path}: no rows`, 'the file has a header at most; give a file with rows');
  collect.check();
  const examples = sample.done();
  return { examples, digest: digestExamples(examples), rows, path, warnings: warn(path, examples, columns) };
};
