import type { DataType, Dim, Node, Tensor } from '../../../contracts/index.ts';
import { fromTensor, fromType, inferNode, type Draft, type Inferred } from '../../../model/graph/index.ts';

/** What is certain about the values of one graph, with a name for every size that is not a number. */
export interface Sizes {
  /** Every size is a number or a name; equal names are equal sizes in every run. null: even the rank is unknown. */
  dims(name: string): readonly Dim[] | null;
  dtype(name: string): DataType | null;
  /** Contents of a small integer value; a name in it is a size, null is unknown. */
  contents(name: string): readonly Dim[] | null;
  /** Two sizes together, the same name however the sum came about; null when it is not a size. */
  sum(a: Dim, b: Dim): Dim;
  /** The size itself; for the length of a table that was cut to a size, that size. */
  uncut(dim: Dim): Dim;
}

/** A sum of sizes as one name, the same however it was added up: terms sorted, numbers joined. */
class Sums {
  private readonly terms = new Map<string, readonly Dim[]>();

  private termsOf(dim: Dim): readonly Dim[] {
    return (typeof dim === 'string' ? this.terms.get(dim) : undefined) ?? [dim];
  }

  private join(all: readonly Dim[]): Dim {
    const names = all.filter((one) => typeof one === 'string').toSorted();
    const number = all.reduce<number>((total, one) => (typeof one === 'number' ? total + one : total), 0);
    if (names.length === 0) return number;
    if (names.length === 1 && number === 0) return names[0] ?? null;
    // A sum that could be below zero is not a size.
    if (number < 0 || names.length > 8) return null;
    const list = number === 0 ? names : [...names, number];
    const name = `(${list.join(' + ')})`;
    this.terms.set(name, list);
    return name;
  }

  add(a: Dim, b: Dim): Dim {
    return a === null || b === null ? null : this.join([...this.termsOf(a), ...this.termsOf(b)]);
  }

  /** a − b where every term of b is a term of a. */
  subtract(a: Dim, b: Dim): Dim {
    if (a === null || b === null) return null;
    const rest = [...this.termsOf(a)];
    let number = 0;
    for (const term of this.termsOf(b)) {
      if (typeof term === 'number') number += term;
      else {
        const place = rest.indexOf(term);
        if (place < 0) return null;
        rest.splice(place, 1);
      }
    }
    return this.join([...rest, -number]);
  }
}

const broadcasting = new Set('Add Sub Mul Div Where And Or Equal LessOrEqual GreaterOrEqual Max Min'.split(' '));

/** Add and Sub of integers, Equal and Where: how exporters compute shapes. */
const contentsOf = (node: Node, data: (position: number) => readonly Dim[] | null, sums: Sums): Dim[] | null => {
  const lists = node.inputs.map((_, i) => data(i));
  const length = Math.max(...lists.map((list) => list?.length ?? 0));
  const at = (position: number, i: number): Dim => {
    const list = lists[position];
    return list?.[list.length === 1 ? 0 : i] ?? null;
  };
  if (lists.some((list) => list === null || (list.length !== length && list.length !== 1))) return null;
  return Array.from({ length }, (_, i): Dim => {
    const [a, b] = [at(0, i), at(1, i)];
    if (node.op === 'Add') return sums.add(a, b);
    if (node.op === 'Sub') return sums.subtract(a, b);
    if (node.op === 'Where') return a === 1 ? b : a === 0 ? at(2, i) : null;
    if (a === null || b === null) return null;
    if (a === b) return 1;
    // A size is never below zero, and two numbers differ.
    const numbers = typeof a === 'number' && typeof b === 'number';
    return numbers || (typeof a === 'number' && a < 0) || (typeof b === 'number' && b < 0) ? 0 : null;
  });
};

/** Follow the sizes of a draft's graph as it was, giving every unknown size a name of its own. What the file states about
 *  inner values is not used: it may be wrong. Time: one pass. Errors: none.
 *  A position table cut to the length of the input (Slice from 0 to a size) counts as that long where it is added to
 *  something that long, or expanded to it: any other length would fail in the original, too. */
export const sizesOf = (draft: Draft): Sizes => {
  const { graph, opsets } = draft.model;
  const facts = new Map<string, Inferred | null>();
  const sums = new Sums();
  /** Length of a cut table → the size it was cut to. */
  const cut = new Map<string, Dim>();
  const name = (value: string, dims: readonly Dim[] | null): readonly Dim[] | null =>
    dims && dims.map((dim, axis) => dim ?? `?${value}.${axis}`);
  for (const { name: input, type } of graph.inputs) {
    if (draft.constant(input)) continue;
    const fact = fromType(type);
    // What a body is handed may change its shape from turn to turn.
    facts.set(input, fact && { ...fact, dims: draft.body ? null : name(input, fact.dims) });
  }
  const constant = (value: string): Tensor | null =>
    facts.has(value) ? null : (draft.constant(value) ?? draft.captured(value));
  const lookup = (value: string): Inferred | null => {
    const known = facts.get(value);
    if (known !== undefined) return known;
    const tensor = draft.constant(value) ?? draft.captured(value);
    if (tensor) return fromTensor(tensor);
    if (!draft.body || value === '' || draft.producer(value)) return null;
    // Captured from the graphs around this body.
    const data = draft.contents(value);
    const dims = name(value, draft.shape(value));
    const fact: Inferred = { dtype: draft.dtype(value), dims, ...(data ? { data } : {}) };
    facts.set(value, fact);
    return fact;
  };
  const constants = new Map<string, Tensor>();
  const dimsOf = (value: string): readonly Dim[] | null => lookup(value)?.dims ?? null;

  /** Sizes that the rules leave open and the surroundings settle. */
  const settle = (node: Node, dims: readonly Dim[] | null): readonly Dim[] | null => {
    if (dims === null || node.domain !== '') return dims;
    if (node.op === 'Concat') {
      return dims.map((dim, axis) =>
        dim !== null ? dim : node.inputs.reduce<Dim>((total, one) => sums.add(total, dimsOf(one)?.[axis] ?? null), 0),
      );
    }
    const expanded = node.op === 'Expand';
    if (!expanded && !broadcasting.has(node.op)) return dims;
    const shapes = node.inputs.map((one, at) => (expanded && at === 1 ? (lookup(one)?.data ?? null) : dimsOf(one)));
    return dims.map((dim, axis) => {
      if (dim !== null) return dim;
      const sides = shapes.map((all) => {
        const side = all?.[axis - dims.length + all.length] ?? (all === null ? null : 1);
        return typeof side === 'string' ? (cut.get(side) ?? side) : side;
      });
      const wide = new Set(sides.filter((side) => side !== 1));
      const [only] = wide;
      return wide.size === 1 && only !== undefined ? only : null;
    });
  };

  for (const node of graph.nodes) {
    const outputs = inferNode(node, { opsets, lookup, constant: (value) => constants.get(value) ?? constant(value) });
    node.outputs.forEach((value, i) => {
      if (value === '') return;
      const stored = draft.producer(value) ? draft.constant(value) : null;
      if (stored) constants.set(value, stored);
      const found = outputs[i] ?? null;
      if (found === null || found.other) return void facts.set(value, found);
      const dims = name(value, settle(node, found.dims));
      const made =
        node.domain === '' && ['Add', 'Sub', 'Where', 'Equal'].includes(node.op) && (dims?.length ?? 2) < 2
          ? contentsOf(node, (position) => lookup(node.inputs[position] ?? '')?.data ?? null, sums)
          : null;
      const data = made?.map((one, k) => found.data?.[k] ?? one) ?? found.data;
      facts.set(value, { dtype: found.dtype, dims, ...(data ? { data } : {}) });
      if (node.op !== 'Slice' || node.domain !== '' || !dims) return;
      const before = dimsOf(node.inputs[0] ?? '');
      const contents = (position: number): readonly Dim[] | null => lookup(node.inputs[position] ?? '')?.data ?? null;
      const [starts, ends] = [contents(1), contents(2)];
      const axes = contents(3) ?? [0];
      const steps = node.inputs[4] ? contents(4) : [1];
      const [axis] = axes;
      if (axes.length !== 1 || starts?.[0] !== 0 || steps?.[0] !== 1 || typeof axis !== 'number') return;
      const place = axis < 0 ? axis + dims.length : axis;
      const [long, short] = [before?.[place], dims[place]];
      const end = ends?.[0];
      if (typeof long === 'number' && long > 1 && typeof short === 'string' && typeof end === 'string')
        cut.set(short, end);
    });
  }
  return {
    dims: (value) => lookup(value)?.dims ?? null,
    dtype: (value) => lookup(value)?.dtype ?? null,
    contents: (value) => lookup(value)?.data ?? null,
    sum: (a, b) => sums.add(a, b),
    uncut: (dim) => (typeof dim === 'string' ? (cut.get(dim) ?? dim) : dim),
  };
};
