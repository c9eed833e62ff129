import type { Point, Random, Space } from '../../contracts/index.ts';
import { canonical, counts, keyOf, shapeOf, type Shape } from './shape.ts';

/** Another value: of an ordered dimension one or a few steps away, otherwise any. */
const another = (shape: Shape, dimension: number, value: number, random: Random): number => {
  const size = shape.sizes[dimension]!;
  if (size < 2) return value;
  if (!shape.ordered[dimension]!) return (value + 1 + random.integer(size - 1)) % size;
  let step = 1;
  while (step < size - 1 && random.next() < 0.25) step++;
  const up = random.next() < 0.5;
  const next = up ? value + step : value - step;
  if (next >= 0 && next < size) return next;
  const back = up ? value - step : value + step;
  return back >= 0 && back < size ? back : value === 0 ? size - 1 : 0;
};

/** Points that may be tried and differ from this one in one thing: one step along an ordered dimension, any other value of another. What begins
 *  to count is left as it is (0). */
export const neighborsOf = (space: Space, point: Point): Point[] => {
  const shape = shapeOf(space);
  const found = new Map<string, Point>();
  const own = keyOf(point);
  for (const [dimension, size] of shape.sizes.entries()) {
    if (!counts(shape, point, dimension)) continue;
    for (let value = 0; value < size; value++) {
      if (value === point[dimension] || (shape.ordered[dimension]! && Math.abs(value - point[dimension]!) !== 1))
        continue;
      const next = canonical(shape, point.with(dimension, value));
      const key = keyOf(next);
      if (key !== own && !found.has(key) && space.excluded(next) === null) found.set(key, next);
    }
  }
  return [...found.values()];
};

/** Change some of what counts, one thing on average and at least one; what begins to count thereby is drawn anew. Whether the result may be tried is not asked. */
export const mutate = (space: Space, point: Point, random: Random): Point => {
  const shape = shapeOf(space);
  const counting = shape.sizes.flatMap((size, dimension) =>
    size > 1 && counts(shape, point, dimension) ? [dimension] : [],
  );
  if (counting.length === 0) return point;
  const sure = counting[random.integer(counting.length)]!;
  const result: number[] = [];
  for (const [dimension, size] of shape.sizes.entries()) {
    if (!counts(shape, result, dimension)) result.push(0);
    else if (!counts(shape, point, dimension)) result.push(random.integer(size));
    else if (dimension === sure || random.next() < 1 / counting.length)
      result.push(another(shape, dimension, point[dimension]!, random));
    else result.push(point[dimension]!);
  }
  return result;
};

/** Take each thing from one of two points; what counts in neither is drawn. Whether the result may be tried is not asked. */
export const crossover = (space: Space, one: Point, other: Point, random: Random): Point => {
  const shape = shapeOf(space);
  const result: number[] = [];
  for (const [dimension, size] of shape.sizes.entries()) {
    if (!counts(shape, result, dimension)) {
      result.push(0);
      continue;
    }
    const [first, second] = random.next() < 0.5 ? [one, other] : [other, one];
    const from = [first, second].find((parent) => counts(shape, parent, dimension));
    result.push(from === undefined ? random.integer(size) : from[dimension]!);
  }
  return result;
};
