import type { Decision, Meaning } from './decisions.ts';
import type { Exclusion } from './exclusions.ts';

/** What is left of decisions and exclusions when the values that cannot be are gone. */
export interface Compiled {
  readonly decisions: readonly Decision[];
  readonly exclusions: readonly Exclusion[];
}

const keeping = (meaning: Meaning, kept: readonly number[]): Meaning => {
  const pick = <T>(values: readonly T[]): readonly T[] => kept.map((index) => values[index]!);
  switch (meaning.kind) {
    case 'stage':
      return { ...meaning, values: pick(meaning.values) };
    case 'option':
      return { ...meaning, values: pick(meaning.values) };
    case 'layers':
      return { ...meaning, values: pick(meaning.values) };
    case 'setting':
      return { ...meaning, values: pick(meaning.values) };
  }
};

/** Take away the values that exclusions drop, and whatever depended on nothing else. */
export const compile = (all: readonly Decision[], exclusions: readonly Exclusion[]): Compiled => {
  const dropped = new Map<string, Set<number>>();
  for (const { drops } of exclusions) {
    if (drops === undefined) continue;
    dropped.set(drops.decision, (dropped.get(drops.decision) ?? new Set()).add(drops.value));
  }
  /** Decision → old index → new index, for those that stay. */
  const places = new Map<string, ReadonlyMap<number, number>>();
  const decisions: Decision[] = [];
  const moved = (decision: string, values: readonly number[]): number[] =>
    values.flatMap((value) => places.get(decision)?.get(value) ?? []);
  for (const one of all) {
    const condition =
      one.when === undefined ? undefined : { ...one.when, values: moved(one.when.dimension, one.when.values) };
    const kept = [...one.values.keys()].filter((value) => dropped.get(one.id)?.has(value) !== true);
    if (kept.length === 0 || condition?.values.length === 0) continue;
    places.set(one.id, new Map(kept.map((value, index) => [value, index])));
    const { when: _when, ...rest } = one;
    decisions.push({
      ...rest,
      ...(condition === undefined ? {} : { when: condition }),
      values: kept.map((value) => one.values[value]!),
      meaning: keeping(one.meaning, kept),
    });
  }
  const left = exclusions.flatMap((one): Exclusion[] => {
    if (one.drops !== undefined) return [];
    const where = one.where.map(({ decision, values }) => ({
      decision,
      values: moved(decision, values),
      // A stage that has gone is one in which nothing is done.
      always: !places.has(decision) && values.includes(0),
    }));
    if (where.some(({ values, always }) => values.length === 0 && !always)) return [];
    return [
      {
        reason: one.reason,
        where: where.flatMap(({ always, decision, values }) => (always ? [] : [{ decision, values }])),
      },
    ];
  });
  return { decisions, exclusions: left };
};
