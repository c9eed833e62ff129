import type { Dim } from '../../../contracts/index.ts';
import type { Units } from './types.ts';

interface Size {
  readonly number: number;
  readonly names: readonly string[];
}

const times = (a: Size, dim: Dim | undefined): Size | null =>
  typeof dim === 'number'
    ? { number: a.number * dim, names: a.names }
    : typeof dim === 'string'
      ? { number: a.number, names: [...a.names, dim].toSorted() }
      : null;

const without = (a: readonly string[], b: readonly string[]): readonly string[] => {
  const rest = [...a];
  for (const name of b) {
    const place = rest.indexOf(name);
    if (place >= 0) rest.splice(place, 1);
  }
  return rest;
};

/** Runs of axes with equal products, from the last axis on: what a Reshape keeps apart. The rest at the front is left out where
 *  its sizes cannot be compared. */
export const segments = (
  a: readonly Dim[],
  b: readonly Dim[],
): readonly { readonly a: readonly number[]; readonly b: readonly number[] }[] => {
  const found: { a: number[]; b: number[] }[] = [];
  let [i, j] = [a.length - 1, b.length - 1];
  while (i >= 0 || j >= 0) {
    const one: { a: number[]; b: number[] } = { a: [], b: [] };
    let left: Size = { number: 1, names: [] };
    let right: Size = { number: 1, names: [] };
    const take = (side: 'a' | 'b'): boolean => {
      if (side === 'a' ? i < 0 : j < 0) return false;
      const size = side === 'a' ? times(left, a[i]) : times(right, b[j]);
      if (size === null) return false;
      if (side === 'a') {
        left = size;
        one.a.unshift(i--);
      } else {
        right = size;
        one.b.unshift(j--);
      }
      return true;
    };
    let open = take(i >= 0 ? 'a' : 'b');
    while (open) {
      const more = without(left.names, right.names).length;
      const less = without(right.names, left.names).length;
      if (more > 0 && less > 0) open = false;
      else if (more > 0) open = take('b');
      else if (less > 0) open = take('a');
      else if (left.number === right.number && one.a.length > 0 && one.b.length > 0) break;
      else open = take(left.number < right.number || (left.number === right.number && one.a.length === 0) ? 'a' : 'b');
    }
    if (!open) {
      // Axes of size 1 at the front belong to nobody.
      return found;
    }
    found.push(one);
  }
  return found;
};

/** The units along an axis, as they lie along one axis of the reshaped value. A reason where they spread over several.
 *  Shapes: a, b are the sizes before and after; `axis` is one of a. */
export const reshapedUnits = (
  a: readonly Dim[],
  b: readonly Dim[],
  axis: number,
  units: Units,
): { readonly axis: number; readonly units: Units } | string => {
  const segment = segments(a, b).find((one) => one.a.includes(axis));
  if (!segment) return 'a Reshape mixes the axis with others whose sizes are not known';
  const sizes = (dims: readonly Dim[], axes: readonly number[]): number[] | null => {
    const list = axes.map((one) => dims[one]);
    return list.every((one) => typeof one === 'number') ? (list as number[]) : null;
  };
  const single = segment.a.length === 1 && segment.b.length === 1;
  if (single) return { axis: segment.b[0] ?? 0, units };
  const from = sizes(a, segment.a);
  const into = sizes(b, segment.b);
  if (!from || !into) return 'a Reshape mixes the axis with others whose sizes are not known';
  const total = from.reduce((product, size) => product * size, 1);
  const inner = from.slice(segment.a.indexOf(axis) + 1).reduce((product, size) => product * size, 1);
  const at = (place: number): number => units[Math.floor(place / inner) % units.length]!;
  let after = total;
  for (const [position, size] of into.entries()) {
    after /= size;
    if (size === 1) continue;
    const found = new Int32Array(size);
    let fits = true;
    for (let place = 0; fits && place < total; place++) {
      const here = Math.floor(place / after) % size;
      if (place === here * after) found[here] = at(place);
      else fits = found[here] === at(place);
    }
    if (fits) return { axis: segment.b[position] ?? 0, units: found };
  }
  return 'a Reshape spreads each unit over several axes';
};
