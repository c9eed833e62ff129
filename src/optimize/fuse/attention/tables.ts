import type { Context } from '../../../contracts/index.ts';
import { int, intOf, intsOf } from '../../../model/graph/index.ts';
import { tensor } from '../../../model/tensor/index.ts';
import { sameSize, type View } from './heads.ts';
import { numbersOf } from './scalars.ts';
import { shapeValue } from './shape-parts.ts';

/** How a table of cosines holds every angle twice: its second half repeats the first, or each entry stands beside its copy. */
export type Spread = 'halves' | 'pairs';

const keepsLast = new Set('Cos Sin Cast Identity Unsqueeze Squeeze Expand Reshape Mul Div Slice Gather'.split(' '));

const constantRepeats = (numbers: ArrayLike<number>, width: number, spread: Spread): boolean => {
  for (let row = 0; row < numbers.length; row += width)
    for (let i = 0; i < width / 2; i++) {
      const [a, b] = spread === 'halves' ? [i, i + width / 2] : [2 * i, 2 * i + 1];
      if (numbers[row + a] !== numbers[row + b]) return false;
    }
  return true;
};

/** Whether the last axis of a value certainly holds everything twice in this way, as far as the graph shows. */
export const repeats = async (
  view: View,
  name: string,
  spread: Spread,
  context: Context,
  depth = 0,
): Promise<boolean> => {
  const { draft, sizes } = view;
  const dims = sizes.dims(name);
  const width = dims?.at(-1);
  const stored = draft.constant(name);
  if (stored) {
    const last = stored.dims.at(-1) ?? 1;
    if (last % 2 !== 0 || last === 0 || stored.dtype !== 'float32') return false;
    const numbers = await numbersOf(stored, context);
    return numbers !== null && constantRepeats(numbers, last, spread);
  }
  const node = draft.producer(name);
  if (!node || node.domain !== '' || depth > 24 || !dims || typeof width !== 'number') return false;
  const [input = '', second = ''] = node.inputs;
  const before = sizes.dims(input);
  const again = (one: string): Promise<boolean> => repeats(view, one, spread, context, depth + 1);
  if (node.op === 'Concat' && spread === 'halves' && node.inputs.length === 2 && input === second) {
    const axis = intOf(node, 'axis', 0);
    return axis === -1 || axis === dims.length - 1;
  }
  if (node.op === 'Transpose' && spread === 'halves') {
    const joint = draft.producer(input);
    const axis = intsOf(node, 'perm', null)?.at(-1);
    const same = joint?.op === 'Concat' && joint.domain === '' && joint.inputs.length === 2;
    const along = joint ? intOf(joint, 'axis', 0) : 0;
    return same && joint.inputs[0] === joint.inputs[1] && (along < 0 ? along + dims.length : along) === axis;
  }
  if (node.op === 'Reshape' && spread === 'pairs' && before?.at(-1) === 2 && before.length === dims.length + 1) {
    const pairs = draft.producer(input);
    if (pairs?.domain === '' && pairs.op === 'Expand') return sizes.dims(pairs.inputs[0] ?? '')?.at(-1) === 1;
    const same = pairs?.domain === '' && pairs.op === 'Concat' && pairs.inputs.length === 2;
    return same && sizes.dims(pairs.inputs[0] ?? '')?.at(-1) === 1 && equalMakers(view, pairs.inputs);
  }
  if (!keepsLast.has(node.op)) return false;
  if (node.op === 'Gather') return intOf(node, 'axis', 0) === 0 && (before?.length ?? 0) > 1 && again(input);
  if (node.op === 'Mul' || node.op === 'Div') {
    const narrow = (one: string): boolean => sizes.dims(one)?.every((dim) => dim === 1) ?? false;
    return narrow(second) ? again(input) : node.op === 'Mul' && narrow(input) && again(second);
  }
  return before?.at(-1) === width && again(input);
};

/** Two values that the same operator makes of the same inputs. */
const equalMakers = ({ draft }: View, names: readonly string[]): boolean => {
  const [a, b] = names.map((name) => draft.producer(name));
  if (!a || !b || a === b) return a === b && a !== undefined;
  return a.op === 'Unsqueeze' && b.op === 'Unsqueeze' && a.domain === '' && a.inputs[0] === b.inputs[0];
};

/** Cosines and sines as RotaryEmbedding takes them. */
export interface Tables {
  readonly cos: string;
  readonly sin: string;
  readonly positions: string;
}

const halfOf = (view: View, name: string, width: number, spread: Spread): string => {
  const { draft } = view;
  const numbers = (values: readonly number[]): string =>
    draft.addInitializer('table', tensor('int64', [values.length], BigInt64Array.from(values, BigInt)));
  const half = draft.fresh(`${name}_half`);
  const table = draft.fresh(`${name}_table`);
  const end = spread === 'halves' ? width / 2 : width;
  draft.insert([
    {
      op: 'Slice',
      inputs: [name, numbers([0]), numbers([end]), numbers([-1]), numbers([spread === 'halves' ? 1 : 2])],
      outputs: [half],
    },
    { op: 'Reshape', inputs: [half, numbers([-1, width / 2])], outputs: [table] },
  ]);
  return table;
};

/** Turn cosines and sines [1 or batch, …, rows, …, width] into tables of half the width, one line a position, and the positions
 *  that pick the lines: exact for every position, because nothing is assumed about how they were computed. */
export const tablesOf = (view: View, cos: string, sin: string, rowAxis: number, spread: Spread): Tables => {
  const { draft, sizes } = view;
  const dims = sizes.dims(cos) ?? [];
  const width = Number(dims.at(-1));
  const cosTable = halfOf(view, cos, width, spread);
  const sinTable = halfOf(view, sin, width, spread);
  const integer = (values: readonly number[], shape: readonly number[]): string =>
    draft.addInitializer('position', tensor('int64', shape, BigInt64Array.from(values, BigInt)));
  if (sameSize(dims[0], 1)) return { cos: cosTable, sin: sinTable, positions: integer([0], [1]) };
  const [shape, count, range, positions] = ['shape', 'count', 'range', 'positions'].map((hint) =>
    draft.fresh(`${cos}_${hint}`),
  ) as [string, string, string, string];
  const target = shapeValue(
    draft,
    [
      { of: cos, axis: 0 },
      { of: cos, axis: rowAxis },
    ],
    `${cos}_positions_shape`,
  );
  draft.insert([
    { op: 'Shape', inputs: [cosTable], outputs: [shape] },
    { op: 'Gather', inputs: [shape, integer([0], [])], outputs: [count], attributes: { axis: int(0) } },
    { op: 'Range', inputs: [integer([0], []), count, integer([1], [])], outputs: [range] },
    { op: 'Reshape', inputs: [range, target], outputs: [positions] },
  ]);
  return { cos: cosTable, sin: sinTable, positions };
};
