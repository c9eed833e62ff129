const before = (a: readonly [string, string], b: readonly [string, string]): boolean =>
  a[0] === b[0] ? a[1] < b[1] : a[0] < b[0];

/** Two neighbors, and how often they occur. */
export interface Pair {
  readonly parts: readonly [string, string];
  count: number;
  readonly words: Set<number>;
}

/** The pairs of neighbors in all words, kept up to date as merges happen. Source: Sennrich et al. 2016, §3.2. */
export class Pairs {
  readonly #pairs = new Map<string, Pair>();
  readonly #words: string[][];
  readonly #counts: readonly number[];
  readonly #joined: (left: string, right: string) => string;

  /** Words as their pieces (changed by merges), how often each occurs, and the name of two pieces together. */
  constructor(words: string[][], counts: readonly number[], joined: (left: string, right: string) => string) {
    this.#joined = joined;
    this.#words = words;
    this.#counts = counts;
    words.forEach((_, at) => this.#count(at, 1));
  }

  #count(at: number, sign: 1 | -1): void {
    const pieces = this.#words[at]!;
    for (let i = 1; i < pieces.length; i++) {
      const parts = [pieces[i - 1]!, pieces[i]!] as const;
      const key = parts.join(' ');
      let pair = this.#pairs.get(key);
      if (!pair) this.#pairs.set(key, (pair = { parts, count: 0, words: new Set() }));
      pair.count += sign * this.#counts[at]!;
      if (sign === 1) pair.words.add(at);
      else pair.words.delete(at);
      if (pair.count === 0) this.#pairs.delete(key);
    }
  }

  /** The most frequent pair; of equals the first in code unit order. */
  best(): Pair | null {
    let best: Pair | null = null;
    for (const pair of this.#pairs.values())
      if (best === null || pair.count > best.count || (pair.count === best.count && before(pair.parts, best.parts)))
        best = pair;
    return best;
  }

  /** Make one piece of two wherever they are neighbors, from the left. */
  merge({ parts: [left, right], words }: Pair): void {
    // A merged word has no such pair left, so each word is met once although the set shrinks meanwhile.
    for (const at of words) {
      this.#count(at, -1);
      const merged: string[] = [];
      for (const piece of this.#words[at]!)
        if (piece === right && merged.at(-1) === left) merged[merged.length - 1] = this.#joined(left, right);
        else merged.push(piece);
      this.#words[at] = merged;
      this.#count(at, 1);
    }
  }
}
