import type { Point, Random, Space } from '../../contracts/index.ts';
import { seeded } from '../../statistics/index.ts';
import { counts, keyOf, shapeOf, type Shape } from './shape.ts';

/** Up to here a space is gone through point by point. */
const enumerable = 20_000;
/** Draws that an estimate rests on. */
const draws = 2000;

/** Every point that may be tried, once each, in order: the last dimension changes fastest. Lazy. */
export function* pointsOf(space: Space): Generator<Point, void> {
  const shape = shapeOf(space);
  const length = shape.sizes.length;
  if (length === 0) return;
  const point: number[] = Array.from({ length }, () => 0);
  for (;;) {
    if (space.excluded(point) === null) yield [...point];
    let at = length - 1;
    while (at >= 0 && !(counts(shape, point, at) && point[at]! + 1 < shape.sizes[at]!)) at--;
    if (at < 0) return;
    point[at]!++;
    point.fill(0, at + 1);
  }
}

const lists = new WeakMap<Space, readonly Point[]>();

/** All points that may be tried, in order; null for a space too large to go through. */
export const allPoints = (space: Space): readonly Point[] | null => {
  if (shapeOf(space).total > enumerable) return null;
  let list = lists.get(space);
  if (list === undefined) lists.set(space, (list = [...pointsOf(space)]));
  return list;
};

/** A point drawn so that all are equally likely, exclusions not regarded. The space must have a dimension. */
const draw = (shape: Shape, random: Random): number[] => {
  const point: number[] = [];
  for (const [dimension, weights] of shape.weights.entries()) {
    if (!counts(shape, point, dimension)) {
      point.push(0);
      continue;
    }
    let left = random.next() * weights.reduce((sum, weight) => sum + weight, 0);
    let value = 0;
    while (value < weights.length - 1 && left >= weights[value]!) left -= weights[value++]!;
    point.push(value);
  }
  return point;
};

/** How many points may be tried. */
export interface SpaceSize {
  readonly points: number;
  /** Counted one by one; otherwise estimated from random points. */
  readonly exact: boolean;
  /** Standard error of the estimate; 0 when counted. */
  readonly error: number;
}

/** Count the points that may be tried: one by one up to 20,000, otherwise the number of all (exact) times the allowed share of 2,000 random ones. */
export const sizeOf = (space: Space): SpaceSize => {
  const all = allPoints(space);
  if (all !== null) return { points: all.length, exact: true, error: 0 };
  const shape = shapeOf(space);
  const random = seeded(0, 'size of a space');
  let allowed = 0;
  for (let i = 0; i < draws; i++) if (space.excluded(draw(shape, random)) === null) allowed++;
  const share = allowed / draws;
  return {
    points: Math.round(shape.total * share),
    exact: false,
    error: shape.total * Math.sqrt((share * (1 - share)) / draws),
  };
};

/** How many random points are drawn before a space is gone through from its beginning, and how far. */
const tries = 200;
const furthest = 200_000;

/** A point that may be tried and is not among `taken`, all equally likely while there are many; null when none is found: there is none in a space
 *  of up to 200,000 points. */
export const freshPoint = (space: Space, random: Random, taken: ReadonlySet<string>): Point | null => {
  const shape = shapeOf(space);
  if (shape.total === 0) return null;
  const all = allPoints(space);
  if (all !== null && taken.size * 2 >= all.length) {
    const left = all.filter((point) => !taken.has(keyOf(point)));
    return left.length === 0 ? null : left[random.integer(left.length)]!;
  }
  for (let attempt = 0; attempt < tries; attempt++) {
    const point = draw(shape, random);
    if (!taken.has(keyOf(point)) && space.excluded(point) === null) return point;
  }
  let seen = 0;
  for (const point of all ?? pointsOf(space)) {
    if (!taken.has(keyOf(point))) return point;
    if (++seen >= furthest) break;
  }
  return null;
};
