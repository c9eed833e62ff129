import type { Context, LearningRows, Model, Value, ValueArray } from '../../contracts/index.ts';
import { feedsFor, floatsOf } from '../answers.ts';

/** Rows of a value along its first axis. */
export const takeRows = ({ dtype, dims, data }: Value, rows: readonly number[]): Value => {
  const [count = 1, ...rest] = dims;
  const width = data.length / count;
  const taken: Value['dims'] = [rows.length, ...rest];
  if (Array.isArray(data))
    return { dtype, dims: taken, data: rows.flatMap((row) => data.slice(row * width, (row + 1) * width) as string[]) };
  const numbers = data as Exclude<ValueArray, readonly string[]>;
  const result = new (numbers.constructor as new (length: number) => typeof numbers)(rows.length * width);
  rows.forEach((row, i) =>
    (result as Float32Array).set(numbers.subarray(row * width, (row + 1) * width) as Float32Array, i * width),
  );
  return { dtype, dims: taken, data: result };
};

/** Inputs that hold one line a row, by two batches of different size; a string says why some of the rest is in the way. */
export const rowInputs = (from: LearningRows, names: readonly string[]): ReadonlySet<string> | string => {
  const [one, many] = [from.feeds([0]), from.feeds(Array.from({ length: Math.min(3, from.count) }, (_, i) => i))];
  const count = Math.min(3, from.count);
  const found = new Set<string>();
  for (const name of names) {
    const [a, b] = [one[name], many[name]];
    if (a === undefined || b === undefined) return `the data has no values for the input ${name}`;
    if (a.dims[0] === 1 && b.dims[0] === count) found.add(name);
    else if (a.dims.join() !== b.dims.join())
      return `the input ${name} depends on the batch but has no line for each row`;
  }
  return found;
};

const close = (a: Float32Array, b: Float32Array): boolean => {
  let [error, size] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    error += (a[i]! - b[i]!) ** 2;
    size += a[i]! ** 2;
  }
  return error <= 0.05 ** 2 * size;
};

/** Whether a row's scores are the same (but for rounding) without the other rows of its batch. */
export const rowsAreIndependent = async (
  model: Model,
  output: string,
  from: LearningRows,
  leading: ReadonlySet<string>,
  context: Context,
): Promise<boolean> => {
  const session = await context.open(model);
  try {
    const count = Math.min(6, from.count);
    const feeds = feedsFor(session, from.feeds(Array.from({ length: count }, (_, i) => i)));
    const some = Array.from({ length: Math.ceil(count / 2) }, (_, i) => i * 2);
    const part = Object.fromEntries(
      Object.entries(feeds).map(([name, value]) => [name, leading.has(name) ? takeRows(value, some) : value]),
    );
    const whole = (await session.run(feeds, { fetch: [output] })).outputs[output]!;
    const alone = (await session.run(part, { fetch: [output] })).outputs[output]!;
    return close(floatsOf(output, takeRows(whole, some)), floatsOf(output, alone));
  } finally {
    await session.close();
  }
};
