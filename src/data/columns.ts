import { SteelyardError, type DataSource, type TaskId } from '../contracts/index.ts';

export type TaskKind = TaskId;

/** What an example of a kind of task is made of. */
export type Reads = 'text' | 'texts' | 'query' | 'tensors' | 'words' | 'question' | 'choices' | 'image';
/** What the right answer is made of. */
export type Right = 'label' | 'labels' | 'tags' | 'answers' | 'score' | 'relevant' | 'reference';

const kinds: Readonly<Record<TaskKind, { readonly reads: Reads; readonly right: Right }>> = {
  'text-classification': { reads: 'text', right: 'label' },
  'tensor-classification': { reads: 'tensors', right: 'label' },
  'image-classification': { reads: 'image', right: 'label' },
  'multiple-choice': { reads: 'choices', right: 'label' },
  'multi-label': { reads: 'text', right: 'labels' },
  'token-classification': { reads: 'words', right: 'tags' },
  'question-answering': { reads: 'question', right: 'answers' },
  'text-regression': { reads: 'text', right: 'score' },
  'tensor-regression': { reads: 'tensors', right: 'score' },
  'sentence-similarity': { reads: 'texts', right: 'score' },
  retrieval: { reads: 'query', right: 'relevant' },
  'tensor-to-tensor': { reads: 'tensors', right: 'reference' },
};

/** The column map after guessing: every name exists in the data. */
export interface ResolvedColumns {
  readonly text: string | null;
  readonly pair: string | null;
  readonly label: string | null;
  readonly id: string | null;
  readonly groups: readonly string[];
  /** Model input → column; empty for text tasks. */
  readonly tensors: Readonly<Record<string, string>>;
  readonly words: string | null;
  /** One column with lists, or one per choice. */
  readonly choices: readonly string[];
  readonly image: string | null;
  /** Where the right answer stands that is not one name. */
  readonly gold: { readonly kind: Exclude<Right, 'label' | 'reference'>; readonly column: string } | null;
  /** Model output → column with what it should be. */
  readonly reference: Readonly<Record<string, string>>;
  /** What was guessed, in plain sentences for the log. */
  readonly notes: readonly string[];
}

const texts = ['text', 'sentence', 'utterance', 'message', 'content'];
const labels = ['label', 'labels', 'intent', 'class', 'category'];
const golds: Readonly<Record<Exclude<Right, 'label' | 'reference'>, readonly string[]>> = {
  labels,
  tags: ['tags', 'ner_tags', 'labels', 'ner'],
  answers: ['answers', 'answer'],
  score: ['score', 'similarity_score', 'target', 'value', 'label'],
  relevant: ['relevant', 'relevant_ids', 'positives'],
};
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

  const { reads, right } = kinds[taskKind];
  const lacking = (what: string, role: string): never => {
    throw new SteelyardError(
      'data/column',
      `${path}: no column with ${what}; ${has}`,
      `name it in the scenario: data: { columns: { ${role}: … } }`,
    );
  };
  let text: string | null = null;
  let pair: string | null = null;
  if (reads === 'text' || reads === 'texts') {
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
    if (text === null) lacking('the text', 'text');
    if (reads === 'texts' && pair === null) lacking('the second text', 'pair');
  }
  if (reads === 'query' || reads === 'choices') {
    text = columns.text === undefined ? guess('text', [...texts, 'query', 'question']) : need(columns.text, 'text');
    if (text === null) lacking('the text', 'text');
    if (reads === 'choices' && columns.pair !== undefined) pair = need(columns.pair, 'pair');
  }
  if (reads === 'question') {
    text = columns.question === undefined ? guess('question', ['question']) : need(columns.question, 'question');
    if (text === null) lacking('the question', 'question');
    pair = columns.context === undefined ? guess('context', ['context', 'passage']) : need(columns.context, 'context');
    if (pair === null) lacking('the text that holds the answer', 'context');
  }
  let words: string | null = null;
  if (reads === 'words') {
    words = columns.tokens === undefined ? guess('tokens', ['tokens', 'words']) : need(columns.tokens, 'tokens');
    if (words === null) lacking('the words', 'tokens');
  }
  let choices: readonly string[] = [];
  if (reads === 'choices') {
    if (columns.choices !== undefined) choices = [columns.choices].flat().map((name) => need(name, 'choices'));
    else {
      const several = names.filter((name) => /^(choice|ending|option)_?\d+$/.test(name)).toSorted();
      const one = several.length > 1 ? null : guess('choices', ['choices', 'options', 'endings']);
      choices = one === null ? several : [one];
    }
    if (choices.length === 0) lacking('the choices', 'choices');
  }
  let image: string | null = null;
  if (reads === 'image') {
    image = columns.image === undefined ? guess('image', ['image', 'img', 'image_path']) : need(columns.image, 'image');
    if (image === null) lacking('the pictures', 'image');
  }

  let label: string | null = null;
  if (right === 'label') {
    if (columns.label !== undefined) {
      // Unlabelled data may share the column map of labelled data.
      label = labelled || names.includes(columns.label) ? need(columns.label, 'label') : null;
    } else label = guess('label', labels);
    if (label === null && labelled) lacking('the right answers', 'label');
  }
  let gold: ResolvedColumns['gold'] = null;
  if (right !== 'label' && right !== 'reference') {
    const given = right === 'labels' ? columns.label : columns[right];
    const column =
      given === undefined
        ? guess(right === 'labels' ? 'label' : right, golds[right])
        : labelled || names.includes(given)
          ? need(given, right)
          : null;
    if (column === null && labelled) lacking('the right answers', right === 'labels' ? 'label' : right);
    if (column !== null) gold = { kind: right, column };
  }
  const reference = Object.fromEntries(
    Object.entries(right === 'reference' ? (columns.reference ?? {}) : {})
      .filter(([, name]) => labelled || names.includes(name))
      .map(([output, name]) => [output, need(name, `reference "${output}"`)]),
  );

  const id = columns.id === undefined ? null : need(columns.id, 'id');
  const groups = columns.groups.filter((name) => labelled || names.includes(name)).map((name) => need(name, 'group'));
  const tensors: Record<string, string> = {};
  if (reads === 'tensors') {
    if (columns.tensors !== undefined)
      for (const [input, name] of Object.entries(columns.tensors)) tensors[input] = need(name, `tensor "${input}"`);
    else {
      const taken = new Set([label, id, gold?.column, ...groups, ...Object.values(reference)]);
      const rest = names.filter((name) => !taken.has(name));
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
  return { text, pair, label, id, groups, tensors, words, choices, image, gold, reference, notes };
};
