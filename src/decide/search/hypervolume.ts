import { outdoes } from './ranking.ts';

/** The points of a set that no other dominates, equal ones once. Smaller is better. */
export const nondominated = (points: readonly (readonly number[])[]): (readonly number[])[] => {
  const sorted = points.toSorted((a, b) => {
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
    return 0;
  });
  const front: (readonly number[])[] = [];
  for (const point of sorted)
    if (!front.some((other) => outdoes(other, point) || other.every((value, i) => value === point[i])))
      front.push(point);
  return front;
};

/** Area or volume of a front sorted by nothing in particular, all inside the reference. */
const volume = (front: readonly (readonly number[])[], reference: readonly number[]): number => {
  if (front.length === 0) return 0;
  if (reference.length === 1) return reference[0]! - Math.min(...front.map(([x]) => x!));
  if (reference.length === 2) {
    let area = 0;
    let above = reference[1]!;
    for (const [x, y] of front.toSorted((a, b) => a[0]! - b[0]! || a[1]! - b[1]!)) {
      if (y! >= above) continue;
      area += (reference[0]! - x!) * (above - y!);
      above = y!;
    }
    return area;
  }
  // The worst in the last objective first: then the rest, cut to its box, loses a dimension soonest.
  const last = reference.length - 1;
  const order = front.toSorted((a, b) => b[last]! - a[last]!);
  return order.reduce((sum, point, at) => sum + gainOf(point, order.slice(at + 1), reference), 0);
};

/** How much a point adds to the hypervolume of a set, given the reference; 0 when it lies outside it or is dominated.
 *  Source: While, Bradstreet & Barone 2012 (WFG: the box of the point less the set cut to that box). */
export const gainOf = (
  point: readonly number[],
  set: readonly (readonly number[])[],
  reference: readonly number[],
): number => {
  let box = 1;
  for (let i = 0; i < reference.length; i++) {
    if (!(point[i]! < reference[i]!)) return 0;
    box *= reference[i]! - point[i]!;
  }
  const cut: number[][] = [];
  for (const other of set) {
    const inside: number[] = [];
    let covers = true;
    for (let i = 0; i < reference.length; i++) {
      const value = Math.max(other[i]!, point[i]!);
      if (value > point[i]!) covers = false;
      if (value >= reference[i]!) break;
      inside.push(value);
    }
    if (inside.length < reference.length) continue;
    if (covers) return 0;
    cut.push(inside);
  }
  // In two dimensions the sweep needs no front.
  return box - volume(reference.length > 2 ? nondominated(cut).map((one) => [...one]) : cut, reference);
};

/** Volume that a set dominates up to a reference point, exactly. Every objective is made smaller; points beyond the reference in any objective
 *  add nothing. Meant for 1 to 4 objectives and fronts of up to a few hundred points.
 *  Errors (bugs): points of another length than the reference. Source: Zitzler & Thiele 1998; While, Bradstreet & Barone 2012. */
export const hypervolume = (points: readonly (readonly number[])[], reference: readonly number[]): number => {
  for (const point of points)
    if (point.length !== reference.length)
      throw new Error(`a point of ${point.length} objectives, a reference of ${reference.length}`);
  return volume(nondominated(points.filter((point) => point.every((value, i) => value < reference[i]!))), reference);
};
