import { SteelyardError, type Example, type Task, type TaskId, type TaskText } from '../../contracts/index.ts';
import { textReader, type TextReader, type TextTaskParts } from './text-reader.ts';
import type { Encoded } from './tokenizer.ts';

/** How the examples of a text task become rows, one or several for each. */
export interface TextRows extends Pick<Task, 'bucket' | 'encode'> {
  readonly reader: TextReader;
  readonly text: TaskText;
  rows(example: Example): readonly Encoded[];
}

/** Rows of examples, each made once: examples are immutable. Those of one example are padded to its own longest, so that a batch of one bucket
 *  needs no other padding. Errors: `task/input`, and those of `make`. */
export const textRows = (
  parts: Pick<TextTaskParts, 'tokenizer' | 'inputs' | 'maxLength'>,
  task: TaskId,
  make: (example: Example, maxLength: number) => readonly Encoded[],
): TextRows => {
  const { tokenizer } = parts;
  const reader = textReader(parts, task);
  const memory = new WeakMap<Example, readonly Encoded[]>();
  const rows = (example: Example): readonly Encoded[] => {
    const before = memory.get(example);
    if (before !== undefined) return before;
    const made = make(example, reader.maxLength);
    memory.set(example, made);
    return made;
  };
  return {
    reader,
    rows,
    bucket(example) {
      const own = rows(example);
      const size = reader.fixed === null ? String(reader.width(own)) : 'fixed';
      return own.length === 1 ? size : `${own.length} of ${size}`;
    },
    text: {
      ...tokenizer.vocabulary,
      padToken: tokenizer.padId,
      maxLength: reader.maxLength,
      tokens: (example) => rows(example).flatMap(({ ids }) => ids),
      feeds: (some) => reader.feeds(some.map((ids) => ({ ids, types: ids.map(() => 0), truncated: false }))),
    },
    encode(examples) {
      const all = examples.map(rows);
      return {
        feeds: reader.feeds(all.flat()),
        truncated: all.filter((own) => own.some(({ truncated }) => truncated)).length,
        tokens: all.reduce((sum, own) => sum + own.reduce((some, { ids }) => some + ids.length, 0), 0),
      };
    },
  };
};

/** The texts of an example as one row. Errors: `task/input` when it has none. */
export const wholeText =
  ({ tokenizer }: Pick<TextTaskParts, 'tokenizer'>) =>
  (example: Example, maxLength: number): readonly Encoded[] => {
    if (example.text === undefined)
      throw new SteelyardError('task/input', `example ${example.id} has no text`, 'map the column: data.columns.text');
    return [tokenizer.encode(example.text, example.pair, maxLength)];
  };
