import { seeded } from '../../src/statistics/index.ts';

/** What the generator asks of chance. The same seed and label give the same answers on every machine. */
export interface Dice {
  /** Uniform in [0, 1). */
  next(): number;
  /** One of the values, all equally likely. */
  pick<T>(values: readonly T[]): T;
  chance(probability: number): boolean;
  shuffle<T>(values: readonly T[]): T[];
}

export const dice = (seed: number, label: string): Dice => {
  const random = seeded(seed, label);
  return {
    next: random.next,
    pick: (values) => values[random.integer(values.length)]!,
    chance: (probability) => random.next() < probability,
    shuffle: random.shuffle,
  };
};
