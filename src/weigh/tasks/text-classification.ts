import { createHash } from 'node:crypto';
import {
  SteelyardError,
  type DataType,
  type Example,
  type Feeds,
  type Task,
  type ValueInfo,
} from '../../contracts/index.ts';
import { castValue } from './cast.ts';
import { readScores } from './scores.ts';
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

const slotsOf = (inputs: readonly ValueInfo[]): Slot[] =>
  inputs.map(({ name, type }) => {
    const at = known.find((one) => one === name);
    if (at === undefined || type?.kind !== 'tensor')
      throw new SteelyardError(
        'task/input',
        `the model asks for the input "${name}"; text-classification feeds ${known.join(', ')}`,
        'export the model with these inputs, or describe it as tensor-classification',
      );
    const length = type.dims?.[1];
    return { name: at, dtype: type.dtype, length: typeof length === 'number' && length > 0 ? length : null };
  });

/** Text in, one row of scores out. Shapes: feeds [examples, tokens], padded to the longest of the batch (or to the model's fixed length).
 *  Only the inputs that the model declares are fed, in their declared dtype. Errors: `task/input`, `task/tokenizer`, `task/output`, `task/not-finite`. */
export const textClassification = (parts: TextTaskParts): Task => {
  const { tokenizer, labels, output } = parts;
  const slots = slotsOf(parts.inputs);
  const fixed = slots.map(({ length }) => length).find((length) => length !== null) ?? null;
  const maxLength = Math.min(parts.maxLength, fixed ?? Number.POSITIVE_INFINITY);
  // Examples are immutable: each one is tokenized once, however often it is fed.
  const memory = new WeakMap<Example, Encoded>();
  const encodeOne = (example: Example): Encoded => {
    const before = memory.get(example);
    if (before !== undefined) return before;
    if (example.text === undefined)
      throw new SteelyardError('task/input', `example ${example.id} has no text`, 'map the column: data.columns.text');
    const encoded = tokenizer.encode(example.text, example.pair, maxLength);
    memory.set(example, encoded);
    return encoded;
  };
  /** Padded to the longest row, or to the model's fixed length. */
  const feedsOf = (rows: readonly Encoded[]): Feeds => {
    const width = fixed ?? rows.reduce((longest, { ids }) => Math.max(longest, ids.length), 1);
    const dims = [rows.length, width];
    const table = (pad: number, valuesOf: (row: Encoded) => readonly number[]): Float64Array => {
      const out = new Float64Array(rows.length * width).fill(pad);
      for (const [at, row] of rows.entries())
        out.set(valuesOf(row), at * width + (tokenizer.padLeft ? width - row.ids.length : 0));
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
        castValue({ dtype: 'float64', dims, data: tables[name]() }, dtype, `input "${name}"`),
      ]),
    );
  };
  const fingerprint = createHash('sha256')
    .update(
      JSON.stringify([
        'text-classification',
        1,
        tokenizer.digest,
        labels,
        maxLength,
        output,
        slots,
        tokenizer.padId,
        tokenizer.padLeft,
      ]),
    )
    .digest('hex');
  return {
    id: 'text-classification',
    labels,
    fingerprint,
    bucket: (example) => (fixed === null ? String(encodeOne(example).ids.length) : 'fixed'),
    output,
    text: {
      ...tokenizer.vocabulary,
      padToken: tokenizer.padId,
      maxLength,
      tokens: (example) => encodeOne(example).ids,
      feeds: (rows) => feedsOf(rows.map((ids) => ({ ids, types: ids.map(() => 0), truncated: false }))),
    },
    encode(examples) {
      const rows = examples.map(encodeOne);
      return {
        feeds: feedsOf(rows),
        truncated: rows.filter(({ truncated }) => truncated).length,
        tokens: rows.reduce((sum, { ids }) => sum + ids.length, 0),
      };
    },
    decode: (result, count) => readScores(result, output, count, labels.length),
  };
};
