import { SteelyardError } from '../../contracts/index.ts';
import { limits } from '../../data/limits.ts';
import type { Row } from '../../data/rows.ts';
import { show } from './labels.ts';
import { answersIn } from './nested.ts';
import { fewOf, formatOf, readJson, rowsOf } from './rows.ts';
import type { SuiteTask } from './types.ts';

/** One answer as a file gives it. */
export interface RawAnswer {
  /** What it is matched by; null: by its place. */
  readonly id: string | null;
  readonly answer: unknown;
}

export interface RawAnswers {
  readonly layout: string;
  readonly answers: readonly RawAnswer[];
  readonly notes: readonly string[];
}

const idNames = ['idx', 'index', 'id', 'guid'];
// A file that has both keeps a copy of the right answer under "label".
const answerNames = ['prediction', 'prediction_text', 'predicted', 'pred', 'label', 'answer'];

const scalar = (raw: unknown): string | null =>
  typeof raw === 'number' || typeof raw === 'bigint' || typeof raw === 'string' ? String(raw).trim() : null;

const idParts = (task: SuiteTask): readonly string[] | null =>
  task.metrics.includes('f1a')
    ? ['paragraph', 'question', 'answer']
    : task.answer === 'text'
      ? ['passage', 'query']
      : null;

/** The id of a row: a number or name, or an object {paragraph, question, answer} or {passage, query}. */
const idOf = (task: SuiteTask, row: Row, column: string | undefined, where: string): string | null => {
  const parts = idParts(task);
  const flattened = parts?.map((part) => scalar(row[`idx.${part}`])) ?? [null];
  if (column === undefined && flattened.includes(null)) return null;
  const raw = column === undefined ? undefined : row[column];
  const given =
    parts !== null && typeof raw === 'object' && raw !== null
      ? parts.map((part) => scalar((raw as Row)[part]))
      : column === undefined
        ? flattened
        : [scalar(raw)];
  if (given.includes(null) || given.includes(''))
    throw new SteelyardError(
      'score/predictions',
      `${where}: the idx is ${show(raw)}, expected ${parts === null ? 'a number' : `{${parts.join(', ')}}`}`,
      'give each answer the idx of its row',
    );
  // Queries have numbers of their own, answers only within their question.
  return task.answer === 'text' ? given.at(-1)! : given.join('/');
};

const flat = (task: SuiteTask, path: string, rows: readonly Row[], notes: string[]): readonly RawAnswer[] => {
  const first = rows[0]!;
  const id = idNames.find((name) => Object.hasOwn(first, name));
  const answer = answerNames.find((name) => Object.hasOwn(first, name));
  if (answer === undefined)
    throw new SteelyardError(
      'score/predictions',
      `${path}: no answers: expected one of ${answerNames.join(', ')}; there is ${Object.keys(first).slice(0, 12).join(', ')}`,
      'one row for each answer, such as {"idx": 0, "label": "entailment"}',
    );
  if (answer !== 'label' && Object.hasOwn(first, 'label'))
    notes.push(`answers are taken from "${answer}"; "label" is taken for a copy of the right ones`);
  return rows.map((row, at) => ({
    id: idOf(task, row, id, `${path}: row ${at + 1}`),
    answer: row[answer],
  }));
};

const fromDocument = async (task: SuiteTask, path: string): Promise<RawAnswers> => {
  const document = await readJson(path);
  const name = task.id.split('/')[1]!;
  const list: unknown = Array.isArray(document) ? document : (document as Row | null)?.[name];
  if (!Array.isArray(list) || list.length === 0)
    throw new SteelyardError(
      'score/predictions',
      `${path}: neither a list of answers nor an object with the list "${name}"`,
      'give JSONL with one answer a line',
    );
  const notes: string[] = [];
  const rows = list as readonly unknown[];
  const layout = Array.isArray(document) ? 'JSON, a list' : 'JSON, lists by task';
  if (rows.every((one) => typeof one === 'object' && one !== null))
    return { layout, answers: flat(task, path, rows as readonly Row[], notes), notes };
  return { layout, answers: rows.map((answer) => ({ id: null, answer })), notes };
};

/** The answers of a file as they stand there: GLUE's tab-separated index and prediction, SuperGLUE's JSONL (nested for MultiRC), the
 *  hub's {idx, prediction}, Adversarial GLUE's lists by task, or rows in order without an idx.
 *  Errors: `score/predictions`, `score/not-finite`, and those of the data readers. */
export const readAnswerRows = async (task: SuiteTask, path: string): Promise<RawAnswers> => {
  const format = await formatOf(path);
  if (format === 'json') return fromDocument(task, path);
  const rows: Row[] = [];
  for await (const row of rowsOf(path, format))
    if (rows.push(row) > limits.rows)
      throw new SteelyardError(
        'data/too-large',
        `${path}: more than ${limits.rows.toLocaleString('en-US')} rows`,
        'is this a file of answers?',
      );
  if (rows.length === 0)
    throw new SteelyardError('score/predictions', `${path}: no answers`, 'the file has a header at most');
  const passage = rows[0]!['passage'];
  if (task.metrics.includes('f1a') && typeof passage === 'object' && passage !== null)
    return {
      layout: 'SuperGLUE submission, nested',
      answers: rows.flatMap((row, at) =>
        answersIn(row, `${path}: row ${at + 1}`).map(({ paragraph, question, answer, raw }) => ({
          id: `${paragraph}/${question}/${answer}`,
          answer: raw.answer['prediction'] ?? raw.answer['label'],
        })),
      ),
      notes: [],
    };
  const notes: string[] = [];
  const answers = flat(task, path, rows, notes);
  const without = answers.flatMap(({ id }, at) => (id === null ? [at + 1] : []));
  if (without.length > 0 && without.length < answers.length)
    throw new SteelyardError('score/predictions', `${path}: rows without an idx: ${fewOf(without)}`, 'all or none');
  const layout = format === 'tsv' ? 'TSV' : format === 'jsonl' ? 'JSONL' : format === 'csv' ? 'CSV' : 'Parquet';
  return { layout: `${layout}, ${without.length > 0 ? 'in order' : 'by idx'}`, answers, notes };
};
