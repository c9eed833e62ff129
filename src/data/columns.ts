import { SteelyardError, type DataSource } from '../contracts/index.ts';

export type TaskKind = 'text-classification' | 'tensor-classification';

/** The column map after guessing: every name exists in the data. */
export interface ResolvedColumns {
  readonly text: string | null;
  readonly pair: string | null;
  readonly label: string | null;
  readonly id: string | null;
  readonly groups: readonly string[];
  /** Model input → column; empty for text tasks. */
  readonly tensors: Readonly<Record<string, string>>;
  /** What was guessed, in plain sentences for the log. */
  readonly notes: readonly string[];
}

const texts = ['text', 'sentence', 'utterance', 'message', 'content'];
const labels = ['label', 'labels', 'intent', 'class', 'category'];
const pairs: readonly (readonly [string, string])[] = [
  ['premise', 'hypothesis'],
  ['sentence1', 'sentence2'],
  ['question1', 'question2'],
  ['question', 'sentence'],
  ['question', 'passage'],
  ['text', 'text_pair'],
  ['text_a', 'text_b'],
];

const list = (names: readonly string[]): string =>
  names.length <= 12 ? names.join(', ') : `${names.slice(0, 12).join(', ')} and ${names.length - 12} more`;

/** Decide which column is what. Given names must exist; a missing role is guessed only when exactly one standard name is there.
 *  Errors: `data/column` (a named column is missing, a role cannot be guessed), each naming the columns that exist. */
export const resolveColumns = (
  path: string,
  columns: DataSource['columns'],
  names: readonly string[],
  taskKind: TaskKind,
  labelled: boolean,
): ResolvedColumns => {
  const notes: string[] = [];
  const has = `the file has: ${list(names)}`;
  const need = (name: string, role: string): string => {
    if (names.includes(name)) return name;
    const near = names.find((one) => one.toLowerCase() === name.toLowerCase());
    throw new SteelyardError(
      'data/column',
      `${path}: column "${name}" (${role}) not found; ${near === undefined ? has : `did you mean "${near}"? ${has}`}`,
      'correct the column map (data.columns) in the scenario',
    );
  };
  const guess = (role: string, candidates: readonly string[]): string | null => {
    const found = names.filter((name) => candidates.includes(name.toLowerCase()));
    if (found.length > 1)
      throw new SteelyardError(
        'data/column',
        `${path}: which column is the ${role}? ${found.map((name) => `"${name}"`).join(' and ')} both could be`,
        `say so in the scenario: data: { columns: { ${role}: ${found[0]} } }`,
      );
    if (found.length === 1) notes.push(`${path}: column "${found[0]}" taken as the ${role}`);
    return found[0] ?? null;
  };

  let text: string | null = null;
  let pair: string | null = null;
  if (taskKind === 'text-classification') {
    pair = columns.pair === undefined ? null : need(columns.pair, 'pair');
    if (columns.text !== undefined) text = need(columns.text, 'text');
    else if (pair === null) {
      const found = pairs.filter((both) => both.every((name) => names.includes(name)));
      if (found.length === 1) {
        [text, pair] = found[0]!;
        notes.push(`${path}: columns "${text}" and "${pair}" taken as a text pair`);
      }
    }
    text ??= guess('text', texts);
    if (text === null)
      throw new SteelyardError(
        'data/column',
        `${path}: no column with the text; ${has}`,
        'name it in the scenario: data: { columns: { text: … } }',
      );
  }

  let label: string | null;
  if (columns.label !== undefined) {
    // Unlabelled data may share the column map of labelled data.
    label = labelled || names.includes(columns.label) ? need(columns.label, 'label') : null;
  } else label = guess('label', labels);
  if (label === null && labelled)
    throw new SteelyardError(
      'data/column',
      `${path}: no column with the right answers; ${has}`,
      'name it in the scenario: data: { columns: { label: … } }',
    );

  const id = columns.id === undefined ? null : need(columns.id, 'id');
  const groups = columns.groups.filter((name) => labelled || names.includes(name)).map((name) => need(name, 'group'));
  const tensors: Record<string, string> = {};
  if (taskKind === 'tensor-classification') {
    if (columns.tensors !== undefined)
      for (const [input, name] of Object.entries(columns.tensors)) tensors[input] = need(name, `tensor "${input}"`);
    else {
      const rest = names.filter((name) => name !== label && name !== id && !groups.includes(name));
      if (rest.length === 0)
        throw new SteelyardError(
          'data/column',
          `${path}: no column with a tensor; ${has}`,
          'map them: data.columns.tensors',
        );
      for (const name of rest) tensors[name] = name;
      notes.push(`${path}: ${list(rest)} taken as model ${rest.length === 1 ? 'input' : 'inputs'} of the same name`);
    }
  }
  return { text, pair, label, id, groups, tensors, notes };
};
