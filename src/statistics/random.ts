import type { Random } from '../contracts/index.ts';

/** FNV-1a over the label, mixed with the seed, gives four words of state. */
const wordsOf = (seed: number, label: string): Uint32Array => {
  const words = new Uint32Array(4);
  for (let word = 0; word < 4; word++) {
    let hash = (0x811c9dc5 ^ Math.imul(seed ^ (word * 0x9e3779b9), 0x85ebca6b)) >>> 0;
    const text = `${seed}:${word}:${label}`;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
    hash ^= hash >>> 16;
    hash = Math.imul(hash, 0x7feb352d) >>> 0;
    hash ^= hash >>> 15;
    words[word] = Math.imul(hash, 0x846ca68b) >>> 0;
  }
  return words;
};

/** A seeded stream of randomness (sfc32). The same seed and label give the same stream on every machine.
 *  Source: Chris Doty-Humphrey, PractRand, sfc32. */
export const seeded = (seed: number, label: string): Random => {
  const words = wordsOf(seed, label);
  let a = words[0]! | 0;
  let b = words[1]! | 0;
  let c = words[2]! | 0;
  let d = words[3]! | 0;
  const word = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 16; i++) word();
  const next = (): number => ((word() >>> 5) * 67108864 + (word() >>> 6)) / 9007199254740992;
  let lastBelow = Number.NaN;
  let limit = 0;
  const integer = (below: number): number => {
    if (below !== lastBelow) {
      if (!Number.isInteger(below) || below < 1 || below > 4294967296)
        throw new Error(`integer(${below}): expected a whole number from 1 to 2^32`);
      // Reject the incomplete last interval, so that every value is equally likely.
      limit = 4294967296 - (4294967296 % below);
      lastBelow = below;
    }
    let value = word();
    while (value >= limit) value = word();
    // The remainder by division: exact below 2^32, where the quotient's rounding cannot reach the next whole number.
    return value - below * Math.floor(value / below);
  };
  let spare: number | null = null;
  return {
    next,
    integer,
    normal: () => {
      if (spare !== null) {
        const value = spare;
        spare = null;
        return value;
      }
      // Box–Muller; 1 − u is never 0.
      const radius = Math.sqrt(-2 * Math.log(1 - next()));
      const angle = 2 * Math.PI * next();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    shuffle: <T>(items: readonly T[]): T[] => {
      const result = [...items];
      for (let i = result.length - 1; i > 0; i--) {
        const j = integer(i + 1);
        [result[i], result[j]] = [result[j]!, result[i]!];
      }
      return result;
    },
  };
};
