import { SteelyardError, type Value, type ValueArray } from '../contracts/index.ts';
import type { Row } from './rows.ts';

const slice = (data: ValueArray, from: number, to: number): ValueArray =>
  Array.isArray(data) ? data.slice(from, to) : (data as Float32Array).subarray(from, to);

/** Arrays as rows: the first axis of every array counts the examples. Rows hold views, not copies.
 *  Errors: `data/array` when an array has no axis or the arrays disagree about the number of examples. */
export function* rowsOfArrays(path: string, arrays: ReadonlyMap<string, Value>): Generator<Row> {
  const sizes = [...arrays].map(([name, { dims }]) => ({ name, size: dims[0] }));
  const first = sizes[0];
  if (first === undefined) throw new SteelyardError('data/empty', `${path}: no arrays`, 'save at least one array');
  const odd = sizes.find(({ size }) => size === undefined || size !== first.size);
  if (odd !== undefined)
    throw new SteelyardError(
      'data/array',
      `${path}: the first axis must count the examples: "${first.name}" has ${first.size ?? 'no axis'}, "${odd.name}" has ${odd.size ?? 'no axis'}`,
      'save only arrays of the same length',
    );
  for (let at = 0; at < first.size!; at++) {
    yield Object.fromEntries(
      [...arrays].map(([name, { dtype, dims, data }]) => {
        const inner = dims.slice(1);
        const step = inner.reduce((product, size) => product * size, 1);
        return [name, { dtype, dims: inner, data: slice(data, at * step, (at + 1) * step) }];
      }),
    );
  }
}
