import { SteelyardError, type Value } from '../contracts/index.ts';
import { limits } from './limits.ts';

const fail = (where: string, what: string): never => {
  throw new SteelyardError('data/array', `${where}: ${what}`, 'give nested lists of numbers of equal length');
};

/** The shape that the first elements of nested lists promise. */
const shapeOf = (raw: unknown, where: string): number[] => {
  const dims: number[] = [];
  for (let at = raw; Array.isArray(at); at = at[0]) {
    dims.push(at.length);
    if (dims.length > limits.arrayDepth) fail(where, `lists nested deeper than ${limits.arrayDepth}`);
    if (at.length === 0) break;
  }
  return dims;
};

const isNumberLike = (raw: unknown): raw is number | bigint | boolean =>
  typeof raw === 'number' || typeof raw === 'bigint' || typeof raw === 'boolean';

/** Nested lists of numbers (or one number) as an array: float64, row-major; bool counts as 0 and 1.
 *  Typed arrays, as Parquet gives them, pass as vectors. Errors: `data/array` (ragged, not a number, too deep, too large). */
export const fromJson = (raw: unknown, where: string): Value => {
  if (ArrayBuffer.isView(raw) && !(raw instanceof DataView)) {
    const data = Float64Array.from(raw as unknown as ArrayLike<number | bigint>, Number);
    return { dtype: 'float64', dims: [data.length], data };
  }
  const dims = shapeOf(raw, where);
  const count = dims.reduce((product, size) => product * size, 1);
  if (count > limits.arrayElements) fail(where, `${count} elements, at most ${limits.arrayElements}`);
  const data = new Float64Array(count);
  let at = 0;
  const visit = (value: unknown, depth: number): void => {
    if (depth === dims.length) {
      if (!isNumberLike(value)) fail(where, `${JSON.stringify(value)?.slice(0, 40)} is not a number`);
      data[at++] = Number(value);
      return;
    }
    const size = dims[depth]!;
    if (ArrayBuffer.isView(value)) value = Array.from(value as unknown as ArrayLike<number>);
    if (!Array.isArray(value) || value.length !== size)
      return fail(where, `lists of unequal length: expected ${size} elements at depth ${depth}`);
    for (const item of value) visit(item, depth + 1);
  };
  visit(raw, 0);
  return { dtype: 'float64', dims, data };
};
