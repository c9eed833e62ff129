import { SteelyardError, type Example, type Task, type ValueInfo } from '../../contracts/index.ts';
import { fingerprintOf } from './fingerprint.ts';
import { readRows, readScores } from './scores.ts';
import type { TextTaskParts } from './text-reader.ts';
import { textRows } from './text-rows.ts';
import type { Encoded } from './tokenizer.ts';

/** Names of the choices: those given, or 0 to n − 1 where the model takes n of them. Errors: `task/labels`. */
export const choiceLabels = (given: readonly string[] | undefined, inputs: readonly ValueInfo[]): readonly string[] => {
  if (given !== undefined) return given;
  const type = inputs[0]?.type;
  const count = type?.kind === 'tensor' && type.dims?.length === 3 ? type.dims[1] : null;
  if (typeof count !== 'number' || count < 2)
    throw new SteelyardError(
      'task/labels',
      'how many choices are there?',
      'name them in their order, as the data calls the right one: task: { labels: ["0", "1", "2", "3"] }',
    );
  return Array.from({ length: count }, (_, at) => String(at));
};

/** What a choice that an example does not have scores: far enough below all others to have no probability. */
const absent = 10_000;

/** A text and several choices in, a score for each choice out: classes are the places of the choices. The text comes first, a choice second;
 *  with a second text, that text stands before each choice. Models that take all choices of an example at once ([rows, choices, tokens]) get
 *  them so; others one choice per row. Errors: `task/input`, `task/output`, `task/not-finite`. */
export const multipleChoice = (parts: TextTaskParts): Task => {
  const { tokenizer, labels, output, inputs } = parts;
  const together = inputs.some(({ type }) => type?.kind === 'tensor' && type.dims?.length === 3);
  const single = new WeakMap<Example, readonly Example[]>();
  const one = (example: Example, choice: string, maxLength: number): Encoded => {
    if (example.text === undefined)
      throw new SteelyardError('task/input', `example ${example.id} has no text`, 'map the column: data.columns.text');
    return tokenizer.encode(example.text, example.pair === undefined ? choice : `${example.pair} ${choice}`, maxLength);
  };
  const read = (example: Example, maxLength: number): readonly Encoded[] => {
    const { choices = [] } = example;
    if (choices.length === 0 || choices.length > labels.length)
      throw new SteelyardError(
        'task/input',
        `example ${example.id} has ${choices.length} choices, expected 1 to ${labels.length}`,
        'name as many choices as there can be: task.labels',
      );
    return choices.map((choice) => one(example, choice, maxLength));
  };
  const { reader, rows, text, bucket, encode } = textRows(parts, 'multiple-choice', read);
  const score = (example: Example, own: ArrayLike<number>): { readonly numbers: Float32Array } => {
    const count = example.choices!.length;
    const some = Array.from({ length: count }, (_, at) => own[at]!);
    const numbers = new Float32Array(labels.length).fill(Math.min(...some) - absent);
    numbers.set(some);
    return { numbers };
  };
  const fingerprint = fingerprintOf([
    'multiple-choice',
    1,
    tokenizer.digest,
    labels,
    reader.maxLength,
    output,
    reader.slots,
    tokenizer.padId,
    tokenizer.padLeft,
    together,
  ]);
  const common = { id: 'multiple-choice', labels, fingerprint, text, bucket: bucket! } as const;
  if (together)
    return {
      ...common,
      encode(examples) {
        const counts = new Set(examples.map((example) => rows(example).length));
        if (counts.size > 1)
          throw new SteelyardError(
            'task/input',
            'examples with different numbers of choices do not fit into one call',
            'use a batch size of 1',
          );
        const all = examples.flatMap(rows);
        const { truncated, tokens } = encode(examples);
        const [count] = counts;
        return { feeds: reader.feeds(all, [examples.length, count ?? 0, reader.width(all)]), truncated, tokens };
      },
      decode: (result, count) => readRows(result, output, count, { axes: [2], what: 'one score per choice' }).data,
      answer: (example, [own]) => score(example, own!),
    };
  return {
    ...common,
    encode,
    parts(example) {
      const before = single.get(example);
      if (before !== undefined) return before;
      const made = (example.choices ?? []).map((choice, at): Example => ({
        ...example,
        id: `${example.id} (choice ${at + 1})`,
        choices: [choice],
      }));
      single.set(example, made);
      return made;
    },
    decode: (result, count) => readScores(result, output, count, 1),
    answer: (example, own) =>
      score(
        example,
        own.map((row) => row[0]!),
      ),
  };
};
