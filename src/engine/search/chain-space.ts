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

/** Chains from a list, one a point: nothing is combined. Its first value is the original, which is there anyway.
 *  Errors: none; an empty list is an empty space. */
export const listSpace = (chains: readonly Chain[]): ChainSpace => {
  const original = 'it is the original itself';
  return {
    space: {
      dimensions: [
        { id: 'chain', title: 'Version', values: ['the original', ...chains.map(({ id }) => id)], ordered: false },
      ],
      excluded: ([at]) => (at === 0 ? original : null),
    },
    seeds: chains.map((_, index) => [index + 1]),
    points: chains.length + 1,
    excluded: [{ reason: original, points: 1 }],
    chainOf(point) {
      const chain = chains[point[0]! - 1];
      if (chain === undefined) throw new Error(`listSpace: there is no chain at ${point.join(', ')}`);
      return chain;
    },
  };
};
