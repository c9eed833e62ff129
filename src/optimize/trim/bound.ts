import type { Node } from '../../contracts/index.ts';
import { intOf, type Draft } from '../../model/graph/index.ts';
import { integersOf } from './constant-ids.ts';

/** A value is at most max(length + `length`, `fixed`), where length is that of the longest input; null: that part is not there. */
export interface Bound {
  readonly length: number | null;
  readonly fixed: number | null;
}

const most = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.max(a, b));
const larger = (a: Bound, b: Bound): Bound => ({ length: most(a.length, b.length), fixed: most(a.fixed, b.fixed) });
const shifted = ({ length, fixed }: Bound, by: number): Bound => ({
  length: length === null ? null : length + by,
  fixed: fixed === null ? null : fixed + by,
});
const one: Bound = { length: null, fixed: 1 };

const plain = new Set([
  'Identity',
  'Cast',
  'Unsqueeze',
  'Squeeze',
  'Reshape',
  'Expand',
  'Transpose',
  'Flatten',
  'Tile',
  'Gather',
  'Slice',
]);
const logical = new Set([
  'Equal',
  'Not',
  'And',
  'Or',
  'Greater',
  'GreaterOrEqual',
  'Less',
  'LessOrEqual',
  'Xor',
  'IsNaN',
]);
const longestChain = 64;

/** How far entries of a buffer are ahead of their place along the last axis: 0 for 0, 1, 2, …; null when it is not constant. */
export const aheadOf = (draft: Draft, name: string): number | null => {
  const tensor = draft.constant(name);
  if (tensor === null || tensor.dims.length === 0) return null;
  const values = integersOf(tensor);
  if (values === null || values.length === 0) return null;
  const width = tensor.dims.at(-1)!;
  return values.reduce((ahead, value, at) => Math.max(ahead, value - (at % width)), Number.NEGATIVE_INFINITY);
};

/** Names of sizes that the model's integer inputs have behind their first axis: lengths. */
const lengthNames = (draft: Draft): ReadonlySet<string> => {
  const names = new Set<string>();
  for (const { type } of draft.model.graph.inputs)
    if (type?.kind === 'tensor' && (type.dtype === 'int64' || type.dtype === 'int32'))
      for (const dim of type.dims?.slice(1) ?? []) if (typeof dim === 'string') names.add(dim);
  return names;
};

/** An upper bound of an integer value in terms of the length of the inputs; null when none is known. Inputs named as masks hold 0 and 1,
 *  inputs named as positions stay under the length. */
export const boundOf = (draft: Draft, start: string): Bound | null => {
  const lengths = lengthNames(draft);
  const fromInput = (name: string): Bound | null =>
    /mask/i.test(name) ? one : /position/i.test(name) ? { length: -1, fixed: null } : null;
  const both = (node: Node, depth: number): readonly (Bound | null)[] =>
    node.inputs.map((name) => (name === '' ? null : of(name, depth + 1)));
  const of = (name: string, depth: number): Bound | null => {
    if (name === '' || depth > longestChain) return null;
    const contents = draft.contents(name);
    if (contents !== null && contents.length > 0 && contents.every((value) => typeof value === 'number'))
      return { length: null, fixed: Math.max(...contents) };
    if (
      contents !== null &&
      contents.length > 0 &&
      contents.every((value) => typeof value === 'string' && lengths.has(value))
    )
      return { length: 0, fixed: null };
    const constant = draft.constant(name);
    if (constant !== null) {
      const values = integersOf(constant);
      return values === null || values.length === 0
        ? null
        : { length: null, fixed: values.reduce((top, value) => Math.max(top, value), Number.NEGATIVE_INFINITY) };
    }
    if (draft.isInput(name)) return fromInput(name);
    const node = draft.producer(name);
    if (node === undefined || node.domain !== '') return null;
    if (logical.has(node.op)) return one;
    if (node.op === 'Shape' || node.op === 'Size') return node.op === 'Shape' ? { length: 0, fixed: null } : null;
    if (node.op === 'Slice') {
      const ahead = aheadOf(draft, node.inputs[0]!);
      const end = ahead === null ? null : of(node.inputs[2] ?? '', depth + 1);
      const stride = node.inputs[4];
      const axes = draft.contents(node.inputs[3] ?? '');
      const last = (draft.constant(node.inputs[0]!)?.dims.length ?? 0) - 1;
      const whole =
        stride === undefined || stride === '' || draft.contents(stride)?.every((step) => step === 1) === true;
      if (end !== null && end.length !== null)
        return whole && axes?.length === 1 && (axes[0] === last || axes[0] === -1) ? shifted(end, ahead! - 1) : null;
    }
    if (plain.has(node.op)) return of(node.inputs[0]!, depth + 1);
    const inputs = both(node, depth);
    const [a = null, b = null, c = null] = inputs;
    switch (node.op) {
      case 'Range': {
        const step = draft.contents(node.inputs[2]!);
        return b !== null && step?.length === 1 && step[0] === 1 ? shifted(b, -1) : null;
      }
      case 'Add':
        if (a === null || b === null || (a.length !== null && b.length !== null)) return null;
        return a.length === null ? shifted(b, a.fixed!) : shifted(a, b.fixed!);
      case 'Sub': {
        const less = draft.contents(node.inputs[1]!);
        return a !== null && less !== null && less.length > 0 && less.every((value) => typeof value === 'number')
          ? shifted(a, -Math.min(...(less as readonly number[])))
          : null;
      }
      case 'Mul':
        if (a?.length === null && a.fixed === 1) return b;
        return b?.length === null && b.fixed === 1 ? a : null;
      case 'CumSum':
        return a?.length === null && a.fixed === 1
          ? { length: intOf(node, 'exclusive', 0) === 0 ? 0 : -1, fixed: null }
          : null;
      case 'Where':
        return b === null || c === null ? null : larger(b, c);
      case 'Max':
        return inputs.every((bound) => bound !== null) ? (inputs as readonly Bound[]).reduce(larger) : null;
      case 'Min':
        return inputs.find((bound) => bound !== null) ?? null;
      default:
        return null;
    }
  };
  return of(start, 0);
};
