import { keyOf } from './text.ts';
import type { Flip, FlipRequest, Item, Score, Text } from './types.ts';

/** What a search wants to know before it goes on. */
export type Question =
  { readonly kind: 'ask'; readonly texts: readonly Text[] } | { readonly kind: 'flips'; readonly request: FlipRequest };
export type Reply = readonly Score[] | readonly Flip[];
/** A search that stops at each question, so that many can run in lock step and share their calls. */
export type Searching<T> = Generator<Question, T, Reply>;

/** One search's line to the model: what was asked before is remembered, and `most` distinct texts are the end. */
export interface Line {
  /** Scores of the texts in their order; shorter than the texts where the queries ran out. */
  ask(texts: readonly Text[]): Searching<readonly Score[]>;
  flips(request: FlipRequest): Searching<readonly Flip[]>;
  /** Distinct texts asked so far. */
  queries(): number;
  spent(): boolean;
}

/** Open a line for an item's search. */
export const openLine = (most: number): Line => {
  const known = new Map<string, Score>();
  return {
    *ask(texts) {
      const fresh = new Map<string, Text>();
      for (const text of texts) {
        if (known.size + fresh.size >= most) break;
        const key = keyOf(text);
        if (!known.has(key)) fresh.set(key, text);
      }
      if (fresh.size > 0) {
        const scores = (yield { kind: 'ask', texts: [...fresh.values()] }) as readonly Score[];
        for (const [at, key] of [...fresh.keys()].entries()) known.set(key, scores[at]!);
      }
      const end = texts.findIndex((text) => !known.has(keyOf(text)));
      return (end < 0 ? texts : texts.slice(0, end)).map((text) => known.get(keyOf(text))!);
    },
    *flips(request) {
      return (yield { kind: 'flips', request }) as readonly Flip[];
    },
    queries: () => known.size,
    spent: () => known.size >= most,
  };
};

/** Whether this answer is what an attack wants. */
export const isBroken = ({ predicted }: Score, { label }: Item): boolean => predicted !== label;
