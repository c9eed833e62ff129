import type { Dimension, Point, SessionOptions, Stage } from '../../contracts/index.ts';
import type { LayerGroup } from './groups.ts';
import type { Placed } from './stages.ts';

/** What the values of a decision stand for. */
export type Meaning =
  /** Which technique of a stage; null: none. 'together': all of them. */
  | { readonly kind: 'stage'; readonly stage: Stage; readonly values: readonly (Placed | 'together' | null)[] }
  | {
      readonly kind: 'option';
      readonly technique: Placed;
      readonly option: string;
      readonly values: readonly unknown[];
    }
  /** Which layers the technique of a stage leaves as they are; null: none. */
  | { readonly kind: 'layers'; readonly stage: Stage; readonly values: readonly (LayerGroup | null)[] }
  | {
      readonly kind: 'setting';
      readonly setting: keyof SessionOptions;
      /** What the session gets. */
      readonly values: readonly Partial<SessionOptions>[];
    };

/** A dimension with what it means. One of a single value is no dimension of the space: it is decided. */
export interface Decision extends Dimension {
  readonly meaning: Meaning;
}

/** The index of each decision that counts; null for those that do not. */
export type Taken = readonly (number | null)[];

/** The decisions of a space, and the way between points (of dimensions) and what is taken (of decisions). */
export interface Decisions {
  readonly all: readonly Decision[];
  readonly dimensions: readonly Dimension[];
  /** null: a dimension that does not count is not 0, or an index is none. */
  taken(point: Point): Taken | null;
  pointOf(taken: Taken): Point;
}

const isOpen = ({ values }: Dimension): boolean => values.length > 1;

/** Errors: none; decisions come after those that they depend on. */
export const decisionsOf = (all: readonly Decision[]): Decisions => {
  const at = new Map(all.map(({ id }, index) => [id, index]));
  const open = all.map((one, index) => ({ one, index })).filter(({ one }) => isOpen(one));
  /** Conditions on what is decided already always hold: they say nothing. */
  const dimensions = open.map(({ one: { id, title, values, ordered, when } }): Dimension => {
    let condition = when;
    while (condition !== undefined && !isOpen(all[at.get(condition.dimension)!]!))
      condition = all[at.get(condition.dimension)!]!.when;
    return { id, title, values, ordered, ...(condition === undefined ? {} : { when: condition }) };
  });
  return {
    all,
    dimensions,
    taken(point) {
      if (point.length !== open.length) return null;
      const given = new Map(open.map(({ index }, place) => [index, point[place]!]));
      const taken: (number | null)[] = [];
      for (const [index, { when, values }] of all.entries()) {
        const value = given.get(index) ?? 0;
        if (!Number.isInteger(value) || value < 0 || value >= values.length) return null;
        const parent = when === undefined ? 0 : taken[at.get(when.dimension)!]!;
        const counts = when === undefined || (parent !== null && when.values.includes(parent));
        if (!counts && value !== 0) return null;
        taken.push(counts ? value : null);
      }
      return taken;
    },
    pointOf: (taken) => open.map(({ index }) => taken[index] ?? 0),
  };
};
