import type { Context, Dim } from '../../../contracts/index.ts';
import { readTensorSync } from '../../../model/tensor/index.ts';
import { maker, sameSize, through, type View } from './heads.ts';
import { isTrianglePart, type Term } from './scores.ts';
import { scalarOf } from './scalars.ts';

/** Numbers that count along one axis of [1, 1, rows, columns], from `start` on. */
interface Count {
  readonly start: Dim;
  readonly length: Dim;
}

/** What a mask says about the future. */
export interface Causality {
  /** Nothing but the future is blocked. */
  readonly pure: boolean;
  /** For how many rows it says so. */
  readonly rows: Dim;
}

const countOf = (view: View, name: string, axis: 'rows' | 'columns'): Count | null => {
  const dims = view.sizes.dims(name);
  if (dims?.length !== 4 || dims[0] !== 1 || dims[1] !== 1) return null;
  const [rows = null, columns = null] = dims.slice(2);
  const [length, other] = axis === 'rows' ? [rows, columns] : [columns, rows];
  if (other !== 1) return null;
  let start: Dim = 0;
  let at = name;
  for (let steps = 0; steps < 16; steps++) {
    at = through(view, at);
    const only = view.sizes.contents(at);
    if (length === 1 && only?.length === 1) return { start: view.sizes.sum(only[0] ?? null, start), length };
    const node = view.draft.producer(at);
    if (!node || node.domain !== '') return null;
    const [input = '', second = ''] = node.inputs;
    if (node.op === 'Unsqueeze' || node.op === 'Cast' || node.op === 'Squeeze') {
      const dtype = view.sizes.dtype(at);
      if (dtype !== 'int64' && dtype !== 'int32') return null;
      at = input;
    } else if (node.op === 'Add') {
      const single = (one: string): boolean => view.sizes.dims(one)?.every((dim) => dim === 1) ?? false;
      if (start !== 0 || single(input) === single(second)) return null;
      start = view.sizes.contents(single(second) ? second : input)?.[0] ?? null;
      at = single(second) ? input : second;
    } else if (node.op === 'Range') {
      const from = view.sizes.contents(input)?.[0] ?? null;
      const step = view.sizes.contents(node.inputs[2] ?? '')?.[0] ?? null;
      if (from === null || start === null || step !== 1) return null;
      return { start: view.sizes.sum(from, start), length };
    } else return null;
  }
  return null;
};

/** The number of rows of a comparison that is true exactly where the column is not after the row. */
const isPresent = (view: View, late: string, early: string): Causality | null => {
  const [row, column] = [countOf(view, late, 'rows'), countOf(view, early, 'columns')];
  if (!row || column?.start !== 0) return null;
  // Rows start where the columns that came before end: columns = past + rows.
  const whole = sameSize(view.sizes.sum(row.start, row.length), column.length);
  return whole ? { pure: true, rows: row.length } : null;
};

const alwaysTrue = (view: View, name: string): boolean => {
  const at = through(view, name);
  const stored = view.draft.constant(at);
  if (stored) return stored.dtype === 'bool' && readTensorSync(stored).every((one) => one === 1);
  const made = maker(view, at, 'ConstantOfShape')?.attributes['value'];
  if (made?.kind === 'tensor')
    return made.value.dtype === 'bool' && readTensorSync(made.value).every((one) => one === 1);
  const node = view.draft.producer(at);
  const widened = node?.domain === '' && ['Expand', 'Unsqueeze'].includes(node.op);
  return widened && node ? alwaysTrue(view, node.inputs[0] ?? '') : false;
};

/** Whether a condition is certain to be false for every column after its row; and whether it is true for all others. */
const visible = async (view: View, name: string, context: Context, depth = 0): Promise<Causality | null> => {
  const at = through(view, name);
  if (await isTrianglePart(view, at, context, true))
    return { pure: true, rows: view.sizes.uncut(view.sizes.dims(at)?.at(-2) ?? null) };
  const node = view.draft.producer(at);
  if (!node || node.domain !== '' || depth > 16) return null;
  const [a = '', b = ''] = node.inputs;
  if (node.op === 'And') {
    const [left, right] = [await visible(view, a, context, depth + 1), await visible(view, b, context, depth + 1)];
    if (left && right) return { pure: left.pure && right.pure, rows: left.rows };
    if (left) return { pure: left.pure && alwaysTrue(view, b), rows: left.rows };
    return right && { pure: right.pure && alwaysTrue(view, a), rows: right.rows };
  }
  const same = view.sizes.dims(a)?.length === view.sizes.dims(at)?.length;
  if ((node.op === 'Expand' || node.op === 'Cast') && same && view.sizes.dtype(a) === 'bool')
    return visible(view, a, context, depth + 1);
  if (node.op === 'LessOrEqual') return isPresent(view, b, a);
  if (node.op === 'GreaterOrEqual') return isPresent(view, a, b);
  return node.op === 'Not' ? hidden(view, a, context, depth + 1) : null;
};

/** The same for a condition that is true where something is blocked. */
const hidden = async (view: View, name: string, context: Context, depth: number): Promise<Causality | null> => {
  const at = through(view, name);
  const node = view.draft.producer(at);
  if (!node || node.domain !== '') return null;
  const [a = '', b = ''] = node.inputs;
  if (node.op === 'Not') return visible(view, a, context, depth + 1);
  if (node.op === 'Greater') return isPresent(view, b, a);
  if (node.op === 'Less') return isPresent(view, a, b);
  return null;
};

/** Proof that one of the terms blocks every column after its row: past + row < column. null when there is none. `blocked` is the
 *  number that is added where it blocks. One row alone has nothing after it. */
export const causalityOf = async (
  view: View,
  terms: readonly Term[],
  rows: Dim,
  context: Context,
): Promise<(Causality & { readonly blocked: number }) | null> => {
  if (rows === 1 && terms.length === 0) return { pure: true, rows, blocked: Number.NEGATIVE_INFINITY };
  for (const term of terms) {
    let found: Causality | null = null;
    let amount: number | null = null;
    if (term.kind === 'choice') {
      amount = await scalarOf(term.blocked, view.draft, view.sizes, context);
      found = term.when ? await hidden(view, term.condition, context, 0) : await visible(view, term.condition, context);
    } else if (!term.negated) {
      const choice = maker(view, through(view, term.name), 'Where');
      const [condition = '', yes = '', no = ''] = choice?.inputs ?? [];
      const [a, b] = [
        await scalarOf(yes, view.draft, view.sizes, context),
        await scalarOf(no, view.draft, view.sizes, context),
      ];
      if (!choice || (a !== 0 && b !== 0)) continue;
      amount = a === 0 ? b : a;
      found = a === 0 ? await visible(view, condition, context) : await hidden(view, condition, context, 0);
    }
    if (found && amount !== null && amount <= -1e30)
      return { pure: found.pure && terms.length === 1, rows: found.rows, blocked: amount };
  }
  return rows === 1 ? { pure: false, rows, blocked: Number.NaN } : null;
};
