import type { Point, Space } from '../../contracts/index.ts';

/** A space's dimensions as numbers, with how many points lie below each. A dimension depends on at most one earlier one, so they form trees. */
export interface Shape {
  /** How many values each dimension has. */
  readonly sizes: readonly number[];
  /** Neighboring values are alike. */
  readonly ordered: readonly boolean[];
  /** Index of the dimension that decides whether this one counts; −1: it always counts. */
  readonly parents: readonly number[];
  /** Values of the parent at which a dimension counts; empty where it always does. */
  readonly when: readonly ReadonlySet<number>[];
  /** Dimension → value → points of its tree that have this value, exclusions not regarded. */
  readonly weights: readonly (readonly number[])[];
  /** Points that differ where it counts, exclusions not regarded. */
  readonly total: number;
}

const shapes = new WeakMap<Space, Shape>();

const describe = (space: Space): Shape => {
  const { dimensions } = space;
  const at = new Map(dimensions.map(({ id }, index) => [id, index]));
  if (at.size < dimensions.length) throw new Error('two dimensions of a space share an id');
  const parents = dimensions.map(({ id, when }, index) => {
    if (when === undefined) return -1;
    const parent = at.get(when.dimension);
    if (parent === undefined || parent >= index)
      throw new Error(`dimension "${id}" depends on "${when.dimension}", which does not come before it`);
    return parent;
  });
  const sizes = dimensions.map(({ id, values }) => {
    if (values.length === 0) throw new Error(`dimension "${id}" has no values`);
    return values.length;
  });
  const when = dimensions.map((dimension) => new Set(dimension.when?.values ?? []));
  const weights: number[][] = sizes.map(() => []);
  // Points of a dimension's tree when it counts; when it does not, nothing below it does.
  const counting: number[] = [];
  for (let one = sizes.length - 1; one >= 0; one--) {
    const children = parents.flatMap((parent, child) => (parent === one ? [child] : []));
    const below = (value: number): number =>
      children.reduce((product, child) => product * (when[child]!.has(value) ? counting[child]! : 1), 1);
    const own = Array.from({ length: sizes[one]! }, (_, value) => below(value));
    weights[one] = own;
    counting[one] = own.reduce((sum, weight) => sum + weight, 0);
  }
  const total = parents.reduce((product, parent, index) => (parent < 0 ? product * counting[index]! : product), 1);
  return {
    sizes,
    ordered: dimensions.map(({ ordered }) => ordered),
    parents,
    when,
    weights,
    total: sizes.length === 0 ? 0 : total,
  };
};

/** The shape of a space, worked out once. Errors (bugs): dimensions that share an id, have no values, or depend on one that is not earlier. */
export const shapeOf = (space: Space): Shape => {
  let shape = shapes.get(space);
  if (shape === undefined) shapes.set(space, (shape = describe(space)));
  return shape;
};

/** Whether a dimension counts at a point whose earlier dimensions are settled. */
export const counts = (shape: Shape, point: Point, dimension: number): boolean => {
  const parent = shape.parents[dimension]!;
  return parent < 0 || (shape.when[dimension]!.has(point[parent]!) && counts(shape, point, parent));
};

/** The same point with 0 where a dimension does not count. Errors (bugs): a point of another length, or a value out of range. */
export const canonical = (shape: Shape, point: Point): Point => {
  if (point.length !== shape.sizes.length)
    throw new Error(`a point of ${point.length} in a space of ${shape.sizes.length} dimensions`);
  const result: number[] = [];
  for (const [dimension, value] of point.entries()) {
    if (!Number.isInteger(value) || value < 0 || value >= shape.sizes[dimension]!)
      throw new Error(`value ${value} of dimension ${dimension}, which has ${shape.sizes[dimension]!}`);
    result.push(counts(shape, result, dimension) ? value : 0);
  }
  return result;
};

/** Equal for equal points. */
export const keyOf = (point: Point): string => point.join(',');
