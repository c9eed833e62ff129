import type { Node, Refusal } from '../../contracts/index.ts';
import { intOf, labelOf, type Draft } from '../../model/graph/index.ts';
import { bitsOf } from '../../model/tensor/index.ts';
import { aheadOf, boundOf, type Bound } from './bound.ts';
import { fewestRows, type Cut } from './tables.ts';

/** A table with one row a position, and the highest row that inputs of some length ask for. */
export interface PositionTable extends Cut {
  readonly rows: number;
  readonly node: Node;
  readonly highest: Bound;
}

const isPlain = (node: Node, op: string): boolean => node.domain === '' && node.op === op;

/** How a node looks positions up in input number `at`: along which axis and how high; null when it does not, or nobody can tell. */
const lookupOf = (draft: Draft, node: Node, at: number): { readonly axis: number; readonly highest: Bound } | null => {
  if (isPlain(node, 'Gather') && at === 0) {
    const highest = boundOf(draft, node.inputs[1]!);
    return highest === null || intOf(node, 'axis', 0) !== 0 ? null : { axis: 0, highest };
  }
  if (isPlain(node, 'Slice') && at === 0) {
    const [, starts = '', ends = '', axes = '', steps = ''] = node.inputs;
    const axis = draft.contents(axes);
    const [start, step] = [draft.contents(starts), steps === '' ? [1] : draft.contents(steps)];
    const end = boundOf(draft, ends);
    if (axis?.length !== 1 || typeof axis[0] !== 'number' || start?.[0] !== 0 || step?.[0] !== 1 || end === null)
      return null;
    return {
      axis: axis[0],
      highest: {
        length: end.length === null ? null : end.length - 1,
        fixed: end.fixed === null ? null : end.fixed - 1,
      },
    };
  }
  if (node.domain === 'com.microsoft' && node.op === 'EmbedLayerNormalization' && at === 3) {
    const ids = node.inputs[8] ?? '';
    const highest = ids === '' ? { length: -1, fixed: null } : boundOf(draft, ids);
    return highest === null ? null : { axis: 0, highest };
  }
  return null;
};

/** Every table that is looked up by position. Reads no weights but small integers. */
export const findPositionTables = (draft: Draft): readonly PositionTable[] | Refusal => {
  const found = new Map<string, PositionTable>();
  let fixed: Refusal | null = null;
  for (const node of draft.nodes())
    for (const [at, name] of node.inputs.entries()) {
      const tensor = name === '' ? null : draft.constant(name);
      if (tensor === null || !tensor.dtype.startsWith('float') || tensor.dims.length < 2) continue;
      const lookup = lookupOf(draft, node, at);
      if (lookup === null) continue;
      const rows = tensor.dims[lookup.axis] ?? 0;
      if (rows < fewestRows || bitsOf(tensor.dtype) % 8 !== 0) continue;
      if (lookup.highest.length === null) {
        fixed ??= {
          reason: `the positions of its table ${name} are fixed: its inputs have one length only`,
          nodes: [labelOf(node)],
        };
        continue;
      }
      const before = found.get(name);
      if (before !== undefined && before.axis !== lookup.axis)
        return { reason: `the table ${name} is looked up along two axes`, nodes: [labelOf(node)] };
      const higher = (a: number | null, b: number | null): number | null =>
        a === null ? b : b === null ? a : Math.max(a, b);
      found.set(name, {
        name,
        rows,
        node,
        axis: lookup.axis,
        highest: {
          length: higher(lookup.highest.length, before?.highest.length ?? null),
          fixed: higher(lookup.highest.fixed, before?.highest.fixed ?? null),
        },
      });
    }
  if (found.size === 0)
    return (
      fixed ?? {
        reason:
          'no table is looked up by positions that end with the input: rotary and relative positions have none, and behind a cache nobody knows the highest',
        nodes: [],
      }
    );
  for (const { name } of found.values()) {
    if (draft.capturedBySubgraph(name))
      return { reason: `the table ${name} is also used inside a subgraph`, nodes: [] };
    if (draft.isOutput(name)) return { reason: `the table ${name} is an output of the model`, nodes: [] };
    for (const node of draft.consumers(name))
      if (node.inputs.some((one, at) => one === name && lookupOf(draft, node, at) === null))
        return { reason: `the table ${name} is also used by ${labelOf(node)}`, nodes: [labelOf(node)] };
  }
  return [...found.values()];
};

/** Buffers with an integer for each of `rows` positions that are only read up to the length of the input. */
export const findBuffers = (draft: Draft, rows: number): readonly Cut[] => {
  const found = new Map<string, Cut>();
  for (const node of draft.nodes()) {
    const [name = '', , ends = ''] = node.inputs;
    if (!isPlain(node, 'Slice') || found.has(name)) continue;
    const tensor = draft.constant(name);
    if (tensor === null || tensor.dims.at(-1) !== rows || tensor.dims.length > 2 || aheadOf(draft, name) === null)
      continue;
    const last = tensor.dims.length - 1;
    const readsUpToLength = (user: Node): boolean => {
      const axes = draft.contents(user.inputs[3] ?? '');
      const bound = boundOf(draft, user.inputs[2] ?? '');
      return (
        isPlain(user, 'Slice') &&
        user.inputs[0] === name &&
        user.inputs.filter((one) => one === name).length === 1 &&
        axes?.length === 1 &&
        (axes[0] === last || axes[0] === -1) &&
        bound?.length === 0 &&
        bound.fixed === null
      );
    };
    if (ends !== '' && !draft.capturedBySubgraph(name) && draft.consumers(name).every(readsUpToLength))
      found.set(name, { name, axis: last });
  }
  return [...found.values()];
};
