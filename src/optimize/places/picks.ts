import type { Node } from '../../contracts/index.ts';
import { intOf, type Inferred } from '../../model/graph/index.ts';
import type { Knowledge } from '../writing/knowledge.ts';
import type { NumbersOf } from './demands.ts';

/** One place on an axis, always the same, that a node takes of its first input. */
export interface Place {
  readonly axis: number;
  /** Counted from the end where negative. */
  readonly index: number;
  /** The axis stays, with size 1. */
  readonly stays: boolean;
}

/** Slice's word for "to the end". */
const end = 2 ** 31 - 1;

/** The contents of a small integer vector or scalar, where all of it is known. */
export const numbersIn = (fact: Inferred | null): readonly number[] | null => {
  const data = fact?.data;
  return data?.every((one) => typeof one === 'number') === true ? data : null;
};

/** A Slice of the first or the last place. */
const sliced = ({ inputs }: Node, numbersOf: NumbersOf): Omit<Place, 'stays'> | null => {
  const only = (at: number): number | null => {
    const some = numbersOf(inputs[at] ?? '');
    return some?.length === 1 ? some[0]! : null;
  };
  const [index, stop, axis, step] = [only(1), only(2), only(3), (inputs[4] ?? '') === '' ? 1 : only(4)];
  if (index === null || stop === null || axis === null || step !== 1) return null;
  return (index === 0 && stop === 1) || (index === -1 && stop >= end) ? { axis, index } : null;
};

/** Of so few places there is nothing to leave out. */
const few = 2;

/** A Gather or Slice of one place that is always the same. Vectors are no sequences: shapes are picked from, too. */
export const pickOf = (node: Node, { fact }: Pick<Knowledge, 'fact'>): Place | null => {
  const { op, domain, inputs } = node;
  if ((op !== 'Gather' && op !== 'Slice') || domain !== '') return null;
  const dims = fact(inputs[0]!)?.dims ?? [];
  if (dims.length < 2) return null;
  const placeAt = (axis: number, index: number, stays: boolean): Place | null => {
    const ahead = axis < 0 ? axis + dims.length : axis;
    const size = dims[ahead];
    return typeof size === 'number' && size <= few ? null : { axis: ahead, index, stays };
  };
  if (op === 'Slice') {
    const one = sliced(node, (name) => numbersIn(fact(name)));
    return one === null ? null : placeAt(one.axis, one.index, true);
  }
  const places = fact(inputs[1]!);
  const [index, ...more] = numbersIn(places) ?? [];
  const own = places?.dims?.length;
  if (index === undefined || more.length > 0 || own === undefined || own > 1) return null;
  return placeAt(intOf(node, 'axis', 0), index, own === 1);
};
