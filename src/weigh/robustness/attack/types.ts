import type { Random } from '../../../contracts/index.ts';

/** What a classifier reads: one text, or a pair. */
export interface Text {
  readonly text: string;
  readonly pair?: string;
}

/** Where the words of a text are: words in order over both fields, and what stands between them. */
export interface Split {
  readonly words: readonly string[];
  /** 0: the text, 1: the pair; one per word. */
  readonly fields: readonly number[];
  /** Per field: what stands before each word and, last, after all. */
  readonly gaps: readonly (readonly string[])[];
}

/** A model's answer on a text, from the view of the right label. */
export interface Score {
  readonly predicted: number;
  /** 1 − p(right label). */
  readonly danger: number;
}

/** Scores for texts in their order, [texts, classes]: raw or probabilities. */
export type Model = (texts: readonly Text[]) => Promise<Float32Array>;

/** A text with its right answer, to be attacked. */
export interface Item {
  readonly id: string;
  readonly text: Text;
  /** Class index. */
  readonly label: number;
}

/** One word replaced by another one. */
export interface Flip {
  readonly at: number;
  readonly word: string;
}

/** Asks the gradient which replacements of these words raise the loss most. */
export interface FlipRequest {
  readonly split: Split;
  readonly words: readonly string[];
  readonly label: number;
  /** Words that may be replaced. */
  readonly places: readonly number[];
  /** Answer at most this many, the best first. */
  readonly most: number;
}
export type Proposer = (requests: readonly FlipRequest[]) => Promise<readonly (readonly Flip[])[]>;

/** The words that may stand for a word, the nearest first. */
export type Neighbors = (word: string) => readonly string[];

/** A word on its way through a transformation. */
export interface Place {
  readonly word: string;
  /** The same stream for the same seed, attack, item and word, whatever the version. */
  readonly random: Random;
  readonly neighbors: Neighbors;
}

export interface Limits {
  /** Letters that a word needs to be changed. */
  readonly leastLetters?: number;
  readonly mostWords?: number;
  /** Largest share of words changed; one word may always change. */
  readonly mostShare?: number;
  /** Largest Levenshtein distance of the attacked text from the original, in characters. */
  readonly mostEdits?: number;
  /** Of pairs, only the second text changes. */
  readonly pairOnly?: true;
}

/** How a search goes through the words.
 *  greedy: words by importance (the danger after deleting one, after writing [UNK] for it, or that saliency weighted with its best swap),
 *  each replaced by its best candidate. beam: all words and candidates at once, the best `width` texts go on. flips: a beam whose
 *  candidates the gradient proposes. reduce: words are removed while the answer stays. */
export type Search =
  | { readonly kind: 'greedy'; readonly ranking: 'delete' | 'unknown' | 'saliency' }
  | { readonly kind: 'beam'; readonly width: number }
  | { readonly kind: 'flips'; readonly width: number }
  | { readonly kind: 'reduce' };

/** An attack as data. */
export interface Attack {
  readonly id: string;
  readonly title: string;
  /** Paper, and what is different here. */
  readonly source: string;
  readonly search: Search;
  /** What may stand for a word; unused by searches that need none. Equal candidates and the word itself are dropped. */
  readonly candidates: (place: Place) => readonly string[];
  readonly limits: Limits;
  /** What it cannot do without. */
  readonly needs?: 'neighbors' | 'gradients';
}

/** What came of one attack on one item. */
export interface Outcome {
  /** Skipped: the answer was wrong before. Reduced: words were removed, the answer held. */
  readonly state: 'succeeded' | 'failed' | 'skipped' | 'reduced';
  /** The attacked text where it succeeded or was reduced, else the original. */
  readonly text: Text;
  readonly words: number;
  /** Words that are different; for a reduction, removed. */
  readonly changed: number;
  /** Distinct texts that this attack asked the model about, the original included. */
  readonly queries: number;
  readonly before: Score;
  readonly after: Score;
}
