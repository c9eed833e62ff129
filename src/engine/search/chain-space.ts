import type { Chain, Point, Space } from '../../contracts/index.ts';

/** A space whose points are chains of techniques. */
export interface ChainSpace {
  readonly space: Space;
  /** What is known to pay, tried first: single techniques before combinations. */
  readonly seeds: readonly Point[];
  /** Points that can be told apart. */
  readonly points: number;
  /** Why parts of the space are not looked at, and how many more points there would be without each reason. */
  readonly excluded: readonly { readonly reason: string; readonly points: number }[];
  /** The same point gives the same chain, and two points that are not excluded give chains with different ids. */
  chainOf(point: Point): Chain;
}
