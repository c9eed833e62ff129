import { seeded } from '../statistics/index.ts';

/** What is known of a version's objectives, smaller is better. */
export interface Estimate {
  readonly values: readonly number[];
  /** Standard error of each; 0: exact. */
  readonly errors: readonly number[];
}

/** a is nowhere worse than b and somewhere better. */
const beats = (all: Float64Array, a: number, b: number, size: number): boolean => {
  let better = false;
  for (let i = 0; i < size; i++) {
    const [mine, other] = [all[a * size + i]!, all[b * size + i]!];
    if (mine > other) return false;
    if (mine < other) better = true;
  }
  return better;
};

/** The probability of each version that nothing dominates it, given how well each objective is known: of `draws` worlds in which every objective is
 *  its value plus an independent normal error, the share in which it is on the front. Exact objectives are the same in every world.
 *  Monte Carlo error: at most 0.5/√draws. Errors (bugs): versions with different numbers of objectives. */
export const frontProbabilities = (
  versions: readonly Estimate[],
  { seed, draws = 2000 }: { readonly seed: number; readonly draws?: number },
): number[] => {
  const size = versions[0]?.values.length ?? 0;
  for (const { values, errors } of versions)
    if (values.length !== size || errors.length !== size)
      throw new Error('versions have different numbers of objectives');
  const random = seeded(seed, 'probability of the front');
  const onFront = versions.map(() => 0);
  const world = new Float64Array(versions.length * size);
  for (let draw = 0; draw < draws; draw++) {
    for (const [at, { values, errors }] of versions.entries())
      for (let i = 0; i < size; i++)
        world[at * size + i] = values[i]! + (errors[i]! > 0 ? errors[i]! * random.normal() : 0);
    for (let one = 0; one < versions.length; one++) {
      let dominated = false;
      for (let other = 0; other < versions.length && !dominated; other++)
        dominated = other !== one && beats(world, other, one, size);
      if (!dominated) onFront[one]!++;
    }
  }
  return onFront.map((count) => count / draws);
};
