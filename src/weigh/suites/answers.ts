import { SteelyardError } from '../../contracts/index.ts';
import { readAnswerRows, type RawAnswer } from './answer-rows.ts';
import { checkOrder, readLabel, show } from './labels.ts';
import { fewOf } from './rows.ts';
import type { Answers, Given, Gold, GoldRow, SuiteTask } from './types.ts';

const fail = (code: string, message: string, hint: string): never => {
  throw new SteelyardError(code, message, hint);
};

interface Aligned {
  /** In the order of the right answers; undefined: there is none. */
  readonly raw: readonly (RawAnswer | undefined)[];
  readonly notes: readonly string[];
}

/** Put answers beside the rows that they belong to. Errors: `score/count`, `score/duplicate-id`, `score/unknown-id`, `score/missing`. */
const align = (task: SuiteTask, gold: Gold, answers: readonly RawAnswer[], path: string): Aligned => {
  const { rows } = gold;
  if (answers[0]?.id === null) {
    if (answers.length !== rows.length)
      fail(
        'score/count',
        `${path}: the number of answers is ${answers.length}, of rows in ${gold.path} ${rows.length}`,
        'without an idx, answers need the same number and order as the rows',
      );
    return { raw: answers, notes: [] };
  }
  const byId = new Map<string, RawAnswer>();
  const twice: string[] = [];
  for (const one of answers)
    if (byId.has(one.id!)) twice.push(one.id!);
    else byId.set(one.id!, one);
  if (twice.length > 0)
    fail('score/duplicate-id', `${path}: two answers for idx ${fewOf(twice)}`, 'keep one answer for each idx');
  const known = new Set(rows.map(({ id }) => id));
  const unknown = [...byId.keys()].filter((id) => !known.has(id));
  // Submissions number the rows from 0; the hub's copy of MRPC keeps numbers of a larger file.
  const numbered = byId.size === rows.length && rows.every((_, at) => byId.has(String(at)));
  if (unknown.length > 0 && numbered)
    return {
      raw: rows.map((_, at) => byId.get(String(at))),
      notes: [`answers are matched by row number from 0: the rows’ own idx are others (${rows[0]!.id}, …)`],
    };
  if (unknown.length > 0)
    fail(
      'score/unknown-id',
      `${path}: answers with an idx that ${gold.path} does not have (${unknown.length} of ${answers.length}): ${fewOf(unknown)}`,
      'are predictions and right answers of the same split?',
    );
  const missing = rows.filter(({ id }) => !byId.has(id)).map(({ id }) => id);
  if (missing.length > 0 && task.answer !== 'text')
    fail(
      'score/missing',
      `${path}: no answer for ${missing.length} of ${rows.length} rows: idx ${fewOf(missing)}`,
      'a score over fewer rows is another number: answer all rows',
    );
  return { raw: rows.map(({ id }) => byId.get(id)), notes: [] };
};

const classesOf = (
  task: SuiteTask,
  rows: readonly GoldRow[],
  raw: readonly (RawAnswer | undefined)[],
  path: string,
  order: readonly string[] | undefined,
): Int32Array => {
  const refused: string[] = [];
  const ways = { name: new Array<string>(), number: new Array<string>() };
  let unnamed = false;
  const predicted = Int32Array.from(raw, (one, at) => {
    const read = readLabel(task, one?.answer, order);
    if ('index' in read) {
      ways[read.by].push(rows[at]!.id);
      return read.index;
    }
    unnamed ||= read.unnamed === true;
    refused.push(`${rows[at]!.id} has ${read.refused}`);
    return -1;
  });
  if (unnamed)
    fail(
      'score/unnamed-labels',
      `${path}: answers such as LABEL_0 name no class (idx ${fewOf(refused)})`,
      `say which class is which: --labels ${task.labels.join(',')} in the order of the model’s head`,
    );
  if (refused.length > 0)
    fail(
      'score/unknown-label',
      `${path}: answers that are no label of ${task.id} (${refused.length}): idx ${fewOf(refused)}`,
      `labels: ${task.labels.join(', ')}, or numbers 0 to ${task.labels.length - 1} in ${order === undefined ? 'this order' : `the order ${order.join(', ')}`}`,
    );
  if (ways.name.length > 0 && ways.number.length > 0)
    fail(
      'score/mixed-labels',
      `${path}: names for labels (${ways.name.length}) beside numbers (${ways.number.length}): idx ${fewOf(ways.number, 3)}`,
      'give names everywhere',
    );
  return predicted;
};

const numbersOf = (rows: readonly GoldRow[], raw: readonly (RawAnswer | undefined)[], path: string): Float64Array => {
  const refused: string[] = [];
  const predicted = Float64Array.from(raw, (one, at) => {
    const answer = one?.answer;
    const text = typeof answer === 'string' ? answer.trim() : answer;
    const number = typeof text === 'number' || typeof text === 'bigint' || (typeof text === 'string' && text !== '');
    const value = number ? Number(text) : Number.NaN;
    if (!Number.isFinite(value)) refused.push(`${rows[at]!.id} has ${show(answer)}`);
    return value;
  });
  if (refused.length > 0)
    fail(
      'score/not-finite',
      `${path}: answers that are no finite number (${refused.length}): idx ${fewOf(refused)}`,
      'a model that gives NaN has no answer to score: find out why first',
    );
  return predicted;
};

const textsOf = (
  rows: readonly GoldRow[],
  raw: readonly (RawAnswer | undefined)[],
  path: string,
): { readonly predicted: readonly (string | null)[]; readonly notes: readonly string[] } => {
  const refused: string[] = [];
  const predicted = raw.map((one, at) => {
    const answer = one?.answer ?? null;
    if (answer === null || typeof answer === 'string') return answer;
    refused.push(`${rows[at]!.id} has ${show(answer)}`);
    return null;
  });
  if (refused.length > 0)
    fail('score/unknown-label', `${path}: answers that are no text: idx ${fewOf(refused)}`, 'answer with an entity');
  const unanswered = rows.filter((_, at) => predicted[at] === null).map(({ id }) => id);
  const strange = rows.filter(({ entities }, at) => {
    const answer = predicted[at];
    return answer !== null && entities !== undefined && !entities.includes(answer!);
  });
  return {
    predicted,
    notes: [
      ...(unanswered.length === 0
        ? []
        : [`queries without an answer, which score 0 (${unanswered.length}): idx ${fewOf(unanswered)}`]),
      ...(strange.length === 0
        ? []
        : [
            `answers that are no entity of their passage (${strange.length}): idx ${fewOf(strange.map(({ id }) => id))}`,
          ]),
    ],
  };
};

/** Read a system's answers and put them beside the right ones, by idx where the file has one, otherwise in order. `order` is the model's
 *  own order of the labels, for answers that are numbers or LABEL_0. Queries of ReCoRD may stay without an answer; nothing else may.
 *  Errors: `score/predictions`, `score/count`, `score/duplicate-id`, `score/unknown-id`, `score/missing`, `score/unknown-label`,
 *  `score/unnamed-labels`, `score/mixed-labels`, `score/not-finite`, `usage/labels`, and those of the data readers. */
export const readAnswers = async (
  task: SuiteTask,
  gold: Gold,
  path: string,
  order?: readonly string[],
): Promise<Answers> => {
  if (order !== undefined) checkOrder(task, order);
  const { layout, answers, notes } = await readAnswerRows(task, path);
  const aligned = align(task, gold, answers, path);
  const { rows } = gold;
  const more: string[] = [...notes, ...aligned.notes];
  let given: Given;
  if (task.answer === 'class') given = { kind: 'class', predicted: classesOf(task, rows, aligned.raw, path, order) };
  else if (task.answer === 'score') given = { kind: 'score', predicted: numbersOf(rows, aligned.raw, path) };
  else {
    const read = textsOf(rows, aligned.raw, path);
    more.push(...read.notes);
    given = { kind: 'text', predicted: read.predicted };
  }
  return { path, layout, given, notes: more };
};
