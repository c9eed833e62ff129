import { createHash } from 'node:crypto';

/** A seeded stream for the committed data alone: its bytes must not change when the product's own generator does. */
export interface Dice {
  /** Uniform in [0, 1). */
  next(): number;
  /** One of the values, all equally likely. */
  pick<T>(values: readonly T[]): T;
  chance(probability: number): boolean;
  shuffle<T>(values: readonly T[]): T[];
}

/** Shapes: none. The same seed and label give the same stream on every machine.
 *  Source: sfc32 (Doty-Humphrey, PractRand 0.93), seeded with a SHA-256 of seed and label. */
export const dice = (seed: number, label: string): Dice => {
  const digest = createHash('sha256').update(`${seed}/${label}`).digest();
  let [a, b, c, d] = [0, 4, 8, 12].map((at) => digest.readInt32LE(at)) as [number, number, number, number];
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return (t >>> 0) / 4294967296;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return {
    next,
    pick: (values) => values[below(values.length)]!,
    chance: (probability) => next() < probability,
    shuffle: (values) => {
      const result = [...values];
      for (let i = result.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [result[i], result[j]] = [result[j]!, result[i]!];
      }
      return result;
    },
  };
};
