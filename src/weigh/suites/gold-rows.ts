import { SteelyardError } from '../../contracts/index.ts';
import type { Row } from '../../data/rows.ts';
import { readLabel, show } from './labels.ts';
import { answersIn, entitiesIn, keyOf, listOf, textOf, thingOf } from './nested.ts';
import type { GoldRow, SuiteTask } from './types.ts';

/** Turns rows of one layout into rows with right answers. */
export interface Mapper {
  readonly layout: string;
  map(row: Row, at: number): readonly GoldRow[];
}

const fail = (message: string, hint?: string): never => {
  throw new SteelyardError('score/gold', message, hint);
};

/** Absent, empty, −1 and "-" (no majority among the people asked) are no right answer. */
const isHidden = (raw: unknown): boolean =>
  raw === undefined ||
  raw === null ||
  raw === -1 ||
  raw === -1n ||
  (typeof raw === 'string' && ['', '-1', '-1.0', '-'].includes(raw.trim()));

/** A right answer as a class index or a number, null when it is hidden. Errors: `score/gold`. */
export const goldLabel = (task: SuiteTask, raw: unknown, where: string): number | null => {
  if (isHidden(raw)) return null;
  if (task.answer === 'score') {
    const value = typeof raw === 'string' ? Number(raw.trim()) : Number(raw);
    const [low, high] = task.range!;
    return value >= low && value <= high
      ? value
      : fail(`${where}: the right answer is ${show(raw)}, expected ${low} to ${high}`);
  }
  const read = readLabel(task, raw);
  return 'index' in read
    ? read.index
    : fail(
        `${where}: the right answer is ${read.refused}, which is no label of ${task.id}: ${task.labels.join(', ')}`,
        'is this a file of this task?',
      );
};

const fieldOf = (task: SuiteTask, row: Row, name: string, where: string): string | number => {
  const raw = row[name];
  if (typeof raw === 'string' || typeof raw === 'number') return raw;
  if (typeof raw === 'bigint') return Number(raw);
  return fail(
    `${where}: no "${name}", which ${task.id} needs; there is ${Object.keys(row).slice(0, 12).join(', ')}`,
    'is this a file of this task?',
  );
};

const fieldsOf = (task: SuiteTask, row: Row, where: string): Record<string, string | number> =>
  Object.fromEntries(task.fields.map((name) => [name, fieldOf(task, row, name, where)]));

/** Parts of an idx that is an object, also where a table has them as columns idx.paragraph. */
const idxParts = (row: Row, parts: readonly string[], where: string): readonly string[] => {
  const idx = row['idx'];
  const from = typeof idx === 'object' && idx !== null ? (idx as Row) : null;
  return parts.map((part) => keyOf(from === null ? row[`idx.${part}`] : from[part], `${where}: idx.${part}`));
};

const nestedMultirc = (task: SuiteTask, path: string): Mapper => ({
  layout: 'SuperGLUE JSONL, nested',
  map: (row, at) => {
    const where = `${path}: row ${at}`;
    const paragraph = textOf(thingOf(row['passage'], where)['text'], `${where}: passage.text`);
    return answersIn(row, where).map(({ raw, ...idx }) => ({
      id: `${idx.paragraph}/${idx.question}/${idx.answer}`,
      cluster: `${idx.paragraph}/${idx.question}`,
      fields: {
        paragraph,
        question: textOf(raw.question['question'], `${where}: question`),
        answer: textOf(raw.answer['text'], `${where}: answer`),
      },
      label: goldLabel(task, raw.answer['label'], where),
    }));
  },
});

const flatMultirc = (task: SuiteTask, path: string, layout: string): Mapper => ({
  layout,
  map: (row, at) => {
    const where = `${path}: row ${at}`;
    const [paragraph, question, answer] = idxParts(row, ['paragraph', 'question', 'answer'], where);
    return [
      {
        id: `${paragraph}/${question}/${answer}`,
        cluster: `${paragraph}/${question}`,
        fields: fieldsOf(task, row, where),
        label: goldLabel(task, row['label'], where),
      },
    ];
  },
});

const nestedRecord = (path: string): Mapper => ({
  layout: 'SuperGLUE JSONL, nested',
  map: (row, at) => {
    const where = `${path}: row ${at}`;
    const passage = thingOf(row['passage'], `${where}: passage`);
    const entities = entitiesIn(passage, where);
    const cluster = keyOf(row['idx'], `${where}: idx`);
    return listOf(row['qas'], `${where}: qas`).map((raw) => {
      const query = thingOf(raw, `${where}: query`);
      const answers = query['answers'] === undefined ? [] : listOf(query['answers'], `${where}: answers`);
      return {
        id: keyOf(query['idx'], `${where}: query idx`),
        cluster,
        fields: { passage: textOf(passage['text'], where), query: textOf(query['query'], `${where}: query`) },
        label: null,
        entities,
        answers: [...new Set(answers.map((one) => textOf(thingOf(one, where)['text'], `${where}: answer`)))],
      };
    });
  },
});

const flatRecord = (path: string, layout: string): Mapper => ({
  layout,
  map: (row, at) => {
    const where = `${path}: row ${at}`;
    const [passage, query] = idxParts(row, ['passage', 'query'], where);
    const texts = (name: string): readonly string[] =>
      listOf(row[name], `${where}: ${name}`).map((one) => textOf(one, `${where}: ${name}`));
    return [
      {
        id: query!,
        cluster: passage!,
        fields: { passage: textOf(row['passage'], where), query: textOf(row['query'], where) },
        label: null,
        entities: texts('entities'),
        answers: row['answers'] === undefined || row['answers'] === null ? [] : texts('answers'),
      },
    ];
  },
});

/** WSC has its spans inside `target` in the official files, beside the text on the hub. */
const flat = (task: SuiteTask, path: string, layout: string): Mapper => ({
  layout,
  map: (row, at) => {
    const where = `${path}: row ${at}`;
    const whole = typeof row['target'] === 'object' && row['target'] !== null ? { ...row, ...row['target'] } : row;
    return [
      {
        id: whole['idx'] === undefined || whole['idx'] === null ? String(at - 1) : keyOf(whole['idx'], `${where}: idx`),
        fields: fieldsOf(task, whole, where),
        label: goldLabel(task, whole['label'], where),
      },
    ];
  },
});

/** How the rows of a file hold the task, seen from its first row. `hub` is what the flat layout is called. */
export const mapperFor = (task: SuiteTask, path: string, first: Row, hub: string): Mapper => {
  const nested = typeof first['passage'] === 'object' && first['passage'] !== null;
  if (task.metrics.includes('f1a')) return nested ? nestedMultirc(task, path) : flatMultirc(task, path, hub);
  if (task.answer === 'text') return nested ? nestedRecord(path) : flatRecord(path, hub);
  const target = typeof first['target'] === 'object' && first['target'] !== null;
  return flat(task, path, target ? 'SuperGLUE JSONL, spans in target' : hub);
};
