import { SteelyardError, type DataType, type Feeds, type TaskId, type ValueInfo } from '../../contracts/index.ts';
import { castValue } from './cast.ts';
import type { Encoded, TextTokenizer } from './tokenizer.ts';

export interface TextTaskParts {
  readonly tokenizer: TextTokenizer;
  readonly labels: readonly string[];
  readonly inputs: readonly ValueInfo[];
  readonly output: string;
  /** Tokens, special ones included. */
  readonly maxLength: number;
}

const known = ['input_ids', 'attention_mask', 'token_type_ids'] as const;
type Known = (typeof known)[number];

interface Slot {
  readonly name: Known;
  readonly dtype: DataType;
  /** The length that the model insists on, or null. */
  readonly length: number | null;
}

/** Token rows become a model's inputs. */
export interface TextReader {
  readonly slots: readonly Slot[];
  /** The length that the model insists on, or null. */
  readonly fixed: number | null;
  /** Tokens, special ones included: what was asked for, and what the model takes. */
  readonly maxLength: number;
  /** How many tokens a row has once it is padded to the longest of these. */
  width(rows: readonly Pick<Encoded, 'ids'>[]): number;
  /** Where a row's own tokens start once it is padded to `width`. */
  start(row: Pick<Encoded, 'ids'>, width: number): number;
  /** Shapes: [rows, tokens], padded to the longest row, or to the model's fixed length. `dims`: another shape of the same rows. */
  feeds(rows: readonly Encoded[], dims?: readonly number[]): Feeds;
}

const slotsOf = (inputs: readonly ValueInfo[], task: TaskId): Slot[] =>
  inputs.map(({ name, type }) => {
    const at = known.find((one) => one === name);
    if (at === undefined || type?.kind !== 'tensor')
      throw new SteelyardError(
        'task/input',
        `the model asks for the input "${name}"; ${task} feeds ${known.join(', ')}`,
        'export the model with these inputs, or describe it as tensor-classification',
      );
    const length = type.dims?.at(type.dims.length === 3 ? 2 : 1);
    return { name: at, dtype: type.dtype, length: typeof length === 'number' && length > 0 ? length : null };
  });

/** How a model reads token rows. Only the inputs that it declares are fed, in their declared dtype. Errors: `task/input`. */
export const textReader = (
  { tokenizer, inputs, maxLength }: Pick<TextTaskParts, 'tokenizer' | 'inputs' | 'maxLength'>,
  task: TaskId,
): TextReader => {
  const slots = slotsOf(inputs, task);
  const fixed = slots.map(({ length }) => length).find((length) => length !== null) ?? null;
  const width: TextReader['width'] = (rows) =>
    fixed ?? rows.reduce((longest, { ids }) => Math.max(longest, ids.length), 1);
  const start: TextReader['start'] = ({ ids }, size) => (tokenizer.padLeft ? size - ids.length : 0);
  return {
    slots,
    fixed,
    maxLength: Math.min(maxLength, fixed ?? Number.POSITIVE_INFINITY),
    width,
    start,
    feeds(rows, dims) {
      const size = width(rows);
      const table = (pad: number, valuesOf: (row: Encoded) => readonly number[]): Float64Array => {
        const out = new Float64Array(rows.length * size).fill(pad);
        for (const [at, row] of rows.entries()) out.set(valuesOf(row), at * size + start(row, size));
        return out;
      };
      const tables: Readonly<Record<Known, () => Float64Array>> = {
        input_ids: () => table(tokenizer.padId, ({ ids }) => ids),
        attention_mask: () => table(0, ({ ids }) => ids.map(() => 1)),
        token_type_ids: () => table(tokenizer.padType, ({ types }) => types),
      };
      return Object.fromEntries(
        slots.map(({ name, dtype }) => [
          name,
          castValue(
            { dtype: 'float64', dims: dims ?? [rows.length, size], data: tables[name]() },
            dtype,
            `input "${name}"`,
          ),
        ]),
      );
    },
  };
};
