import type { Emitter } from './emit.ts';
import { int } from './emit.ts';

/** Weights whose update is computed as one value, in their order: vectors with the same factor of the learning rate, one behind the other.
 *  A model has dozens of biases and norms of a few hundred numbers, and each operator on one of them costs more to start than to run.
 *  Everything else stays by itself. Each weight is in one group; a group stands where its first weight stands. */
export const together = (
  weights: readonly string[],
  of: (weight: string) => { readonly dims: readonly number[]; readonly factor: number },
): string[][] => {
  const groups: string[][] = [];
  const vectors = new Map<number, string[]>();
  for (const weight of weights) {
    const { dims, factor } = of(weight);
    const known = dims.length === 1 ? vectors.get(factor) : undefined;
    if (known !== undefined) {
      known.push(weight);
      continue;
    }
    const group = [weight];
    groups.push(group);
    if (dims.length === 1) vectors.set(factor, group);
  }
  return groups;
};

/** Vectors one behind the other; a single value as it is. */
export const joined = (to: Emitter, values: readonly string[]): string =>
  values.length === 1 ? values[0]! : to.emit('Concat', values, { axis: int(0) });

/** The other way round: the parts by the names that are given. Shapes: [sum of sizes] → one [size] each. */
export const parted = (to: Emitter, value: string, sizes: readonly number[], names: readonly string[]): void =>
  to.write({ name: '', op: 'Split', domain: '', inputs: [value, to.integers(sizes)], outputs: names, attributes: {} });
