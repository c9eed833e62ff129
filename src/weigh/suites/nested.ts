import { SteelyardError } from '../../contracts/index.ts';
import type { Row } from '../../data/rows.ts';

type Thing = Readonly<Record<string, unknown>>;

/** A part of a row that must be an object. Errors: `score/gold` with its place. */
export const thingOf = (raw: unknown, where: string): Thing => {
  if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) return raw as Thing;
  throw new SteelyardError('score/gold', `${where}: expected an object`, 'is this a file of this task?');
};
/** A part of a row that must be a list. Errors: `score/gold`. */
export const listOf = (raw: unknown, where: string): readonly unknown[] => {
  if (Array.isArray(raw)) return raw as readonly unknown[];
  throw new SteelyardError('score/gold', `${where}: expected a list`, 'is this a file of this task?');
};
/** A part of a row that must be a text. Errors: `score/gold`. */
export const textOf = (raw: unknown, where: string): string => {
  if (typeof raw === 'string') return raw;
  throw new SteelyardError('score/gold', `${where}: expected a text`, 'is this a file of this task?');
};
/** A number or name that identifies something. Errors: `score/gold`. */
export const keyOf = (raw: unknown, where: string): string => {
  if (typeof raw === 'number' || typeof raw === 'bigint') return String(raw);
  if (typeof raw === 'string' && raw.trim() !== '') return raw.trim();
  throw new SteelyardError('score/gold', `${where}: expected an idx`, 'is this a file of this task?');
};

/** One answer of MultiRC with its idx in three parts. */
export interface AnswerItem {
  readonly paragraph: string;
  readonly question: string;
  readonly answer: string;
  /** The questions's part and the answer's part as the file has them. */
  readonly raw: { readonly question: Thing; readonly answer: Thing };
}

/** The answers of a nested MultiRC row {idx, passage: {questions: [{idx, answers: [{idx, …}]}]}}, in order. Errors: `score/gold`. */
export const answersIn = (row: Row, where: string): AnswerItem[] => {
  const passage = thingOf(row['passage'], `${where}: passage`);
  const paragraph = keyOf(row['idx'], `${where}: idx`);
  return listOf(passage['questions'], `${where}: passage.questions`).flatMap((one, q) => {
    const question = thingOf(one, `${where}: question ${q + 1}`);
    const at = `${where}: question ${q + 1}`;
    return listOf(question['answers'], `${at}: answers`).map((each, a) => {
      const answer = thingOf(each, `${at}: answer ${a + 1}`);
      return {
        paragraph,
        question: keyOf(question['idx'], `${at}: idx`),
        answer: keyOf(answer['idx'], `${at}: answer ${a + 1}: idx`),
        raw: { question, answer },
      };
    });
  });
};

/** Texts of entities given by their first and last character, both included. Offsets count characters, not UTF-16 units.
 *  Duplicates are dropped. Errors: `score/gold`. */
export const entitiesIn = (passage: Thing, where: string): readonly string[] => {
  const text = textOf(passage['text'], `${where}: passage.text`);
  // Offsets are Python's: one for a character beyond the basic plane, two UTF-16 units.
  const characters = /[\ud800-\udbff]/.test(text) ? Array.from(text) : null;
  const slice = (start: number, end: number): string =>
    characters === null ? text.slice(start, end) : characters.slice(start, end).join('');
  const names = listOf(passage['entities'], `${where}: passage.entities`).map((raw) => {
    const { start, end } = thingOf(raw, `${where}: entity`);
    if (typeof start !== 'number' || typeof end !== 'number')
      throw new SteelyardError('score/gold', `${where}: an entity without start and end`, 'is this a file of ReCoRD?');
    return slice(start, end + 1);
  });
  return [...new Set(names)];
};
