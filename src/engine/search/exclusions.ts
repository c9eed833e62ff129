import type { Decision, Taken } from './decisions.ts';

/** Values of one decision. A stage that does not count has no technique: its value is 0. Other decisions that do not count have none. */
export interface Literal {
  readonly decision: string;
  readonly values: readonly number[];
}

/** Points that are not looked at, and why: those for which all literals hold. */
export interface Exclusion {
  readonly reason: string;
  readonly where: readonly Literal[];
  /** It takes this value away as a whole: the space does without. */
  readonly drops?: { readonly decision: string; readonly value: number };
}

const holds = ({ values }: Literal, { meaning }: Decision, value: number | null): boolean =>
  value === null ? meaning.kind === 'stage' && values.includes(0) : values.includes(value);

/** Answers the reason of the first exclusion that holds, or null. */
export const excluder = (
  all: readonly Decision[],
  exclusions: readonly Exclusion[],
): ((taken: Taken) => string | null) => {
  const at = new Map(all.map(({ id }, index) => [id, index]));
  const prepared = exclusions.map(({ reason, where }) => ({
    reason,
    where: where.map((literal) => ({ literal, index: at.get(literal.decision)! })),
  }));
  return (taken) =>
    prepared.find(({ where }) => where.every(({ literal, index }) => holds(literal, all[index]!, taken[index]!)))
      ?.reason ?? null;
};

/** Decisions that depend on each other, in order. */
const treesOf = (all: readonly Decision[]): readonly (readonly Decision[])[] => {
  const trees = new Map<string, Decision[]>();
  const roots = new Map<string, string>();
  for (const one of all) {
    const root = one.when === undefined ? one.id : roots.get(one.when.dimension)!;
    roots.set(one.id, root);
    trees.set(root, [...(trees.get(root) ?? []), one]);
  }
  return [...trees.values()];
};

/** Everything that the decisions of a tree can be. */
function* assignments(
  tree: readonly Decision[],
  taken: ReadonlyMap<string, number | null> = new Map(),
): Generator<ReadonlyMap<string, number | null>> {
  const one = tree[taken.size];
  if (one === undefined) {
    yield taken;
    return;
  }
  const { when } = one;
  const parent = when === undefined ? null : taken.get(when.dimension)!;
  if (when !== undefined && (parent === null || !when.values.includes(parent)))
    yield* assignments(tree, new Map([...taken, [one.id, null]]));
  else for (const value of one.values.keys()) yield* assignments(tree, new Map([...taken, [one.id, value]]));
}

/** Trees with everything that they can be. */
const grown = (all: readonly Decision[]) => treesOf(all).map((tree) => ({ tree, list: [...assignments(tree)] }));

/** How many points may be tried: counted exactly, without listing them. Trees of decisions are independent but for the exclusions between them,
 *  and most assignments of a tree are alike to those. */
export const count = (all: readonly Decision[], exclusions: readonly Exclusion[], trees = grown(all)): number => {
  const byId = new Map(all.map((one) => [one.id, one]));
  const within = (tree: readonly Decision[]) => {
    const ids = new Set(tree.map(({ id }) => id));
    return exclusions.map(({ where }) => {
      const own = where.filter(({ decision }) => ids.has(decision));
      return { own, whole: own.length === where.length };
    });
  };
  /** Exclusions that still may hold, as bits → assignments so far. */
  let states = new Map<bigint, number>([[(1n << BigInt(exclusions.length)) - 1n, 1]]);
  for (const { tree, list } of trees) {
    const parts = within(tree);
    const masks = new Map<bigint, number>();
    for (const assignment of list) {
      const held = parts.map(({ own }) =>
        own.every((literal) => holds(literal, byId.get(literal.decision)!, assignment.get(literal.decision)!)),
      );
      if (parts.some(({ whole }, index) => whole && held[index]!)) continue;
      const mask = held.reduce((bits, one, index) => (one ? bits | (1n << BigInt(index)) : bits), 0n);
      masks.set(mask, (masks.get(mask) ?? 0) + 1);
    }
    const next = new Map<bigint, number>();
    for (const [alive, some] of states)
      for (const [mask, times] of masks) next.set(alive & mask, (next.get(alive & mask) ?? 0) + some * times);
    states = next;
  }
  return states.get(0n) ?? 0;
};

/** How many more points there would be without each of these reasons. */
export const countReasons = (
  all: readonly Decision[],
  exclusions: readonly Exclusion[],
): { readonly points: number; readonly excluded: readonly { readonly reason: string; readonly points: number }[] } => {
  const trees = grown(all);
  const points = count(all, exclusions, trees);
  const reasons = [...new Set(exclusions.map(({ reason }) => reason))];
  const without = (reason: string): number =>
    count(
      all,
      exclusions.filter((one) => one.reason !== reason),
      trees,
    ) - points;
  return {
    points,
    // What others rule out as well is no reason of its own.
    excluded: reasons.map((reason) => ({ reason, points: without(reason) })).filter((one) => one.points > 0),
  };
};
