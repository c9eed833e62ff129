import { SteelyardError, type RunResult, type TaskSettings } from '../../contracts/index.ts';
import { readRows } from './scores.ts';
import type { TextReader } from './text-reader.ts';
import type { Encoded } from './tokenizer.ts';

/** One vector per row of the batch: as the output has it, or from token vectors. Mean and maximum leave padding out.
 *  Shapes: output [rows, size] or [rows, tokens, size] → [rows × size]. Errors: `task/output`, `task/not-finite`.
 *  Source: Reimers & Gurevych 2019 (pooling strategies). */
export const embeddings = (
  result: RunResult,
  output: string,
  rows: readonly Encoded[],
  reader: TextReader,
  pooling: NonNullable<TaskSettings['pooling']>,
): Float32Array => {
  const { dims, data } = readRows(result, output, rows.length, { axes: [2, 3], what: 'a vector, or one per token,' });
  if (dims.length === 2) return data;
  const [, width, size] = dims as [number, number, number];
  const out = new Float32Array(rows.length * size);
  for (const [row, encoded] of rows.entries()) {
    const { length } = encoded.ids;
    if (length > width)
      throw new SteelyardError('task/output', `output "${output}" has ${width} token vectors for ${length} tokens`);
    const from = (row * width + reader.start(encoded, width)) * size;
    const to = row * size;
    if (pooling === 'cls') {
      out.set(data.subarray(from, from + size), to);
      continue;
    }
    for (let at = 0; at < size; at++) {
      let value = pooling === 'max' ? Number.NEGATIVE_INFINITY : 0;
      for (let token = 0; token < length; token++) {
        const one = data[from + token * size + at]!;
        value = pooling === 'max' ? Math.max(value, one) : value + one;
      }
      out[to + at] = pooling === 'max' ? value : value / length;
    }
  }
  return out;
};

/** How alike two vectors are. 0 where one of them is nothing. */
export const likeness = (
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  kind: NonNullable<TaskSettings['similarity']>,
): number => {
  let [ab, aa, bb] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    ab += a[at]! * b[at]!;
    aa += a[at]! ** 2;
    bb += b[at]! ** 2;
  }
  if (kind === 'dot') return ab;
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
};
