/** What a statement is worth at first sight. */
export type Tone = 'pass' | 'fail' | 'undecided' | 'neutral';

/** One cell of a table. Numbers carry their raw values for machines and their rounded text for people. */
export type Cell =
  /** `detail` lines stand below the text, smaller. `tag` is the version's letter in the plot. */
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly tag?: string;
      readonly strong?: boolean;
      readonly detail?: readonly string[];
    }
  | {
      readonly kind: 'number';
      readonly text: string;
      /** "[2.7, 3.1]"; absent for exact numbers. */
      readonly interval?: string | undefined;
      /** In the measurement's own unit, not in the column's. */
      readonly value: number;
      readonly low: number;
      readonly high: number;
      /** For a difference: what it is worth, where its whole interval says so. */
      readonly tone?: Tone;
    }
  | { readonly kind: 'verdict'; readonly tone: Tone; readonly text: string; readonly detail?: readonly string[] }
  /** Text out of the user's data: foreign, of any script and direction, never trusted. */
  | { readonly kind: 'data'; readonly text: string; readonly detail?: readonly string[] }
  /** Not measured. */
  | { readonly kind: 'none' };

export interface Column {
  readonly title: string;
  /** "%", "ms", "MB": said once here, not in every cell. */
  readonly unit?: string;
  readonly align: 'start' | 'end';
  /** A column of sentences: takes the room that is left. */
  readonly wide?: boolean;
}

/** What a version is, as far as a reader of the plot cares; each has its own shape. */
export type Role = 'baseline' | 'chosen' | 'front' | 'passes' | 'undecided' | 'fails';

export interface Span {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Axis {
  readonly label: string;
  readonly unit: string;
  /** Which end is the good one; null when neither is. */
  readonly better: 'low' | 'high' | null;
}

export interface Scatter {
  readonly kind: 'scatter';
  readonly title: string;
  /** What is seen, in words, for those who do not see it. */
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly points: readonly {
    readonly tag: string;
    readonly name: string;
    readonly role: Role;
    readonly x: Span;
    readonly y: Span;
  }[];
  /** Conditions that can be drawn as a line. */
  readonly limits: readonly { readonly axis: 'x' | 'y'; readonly value: number; readonly label: string }[];
}

/** How something got better over time: single tries, and the best so far as a line of steps. */
export interface Curve {
  readonly kind: 'curve';
  readonly title: string;
  /** What is seen, in words, for those who do not see it. */
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  /** Tries in the order of time. */
  readonly dots: readonly {
    readonly x: number;
    readonly y: number;
    readonly name: string;
    readonly qualifies: boolean;
  }[];
  /** Where a try was better than all before it. */
  readonly steps: readonly { readonly x: number; readonly y: number; readonly name: string }[];
  /** Where the line ends. */
  readonly end: number;
}

/** A report is a list of these: plain data, rendered by whoever needs it. */
export type Block =
  | {
      readonly kind: 'heading';
      readonly level: 1 | 2 | 3;
      readonly text: string;
      readonly kicker?: string;
      /** Level 2: a section for those who check; a terminal only names it unless everything is asked for. */
      readonly minor?: boolean;
    }
  | { readonly kind: 'paragraph'; readonly text: string; readonly small?: boolean }
  | { readonly kind: 'callout'; readonly tone: Tone; readonly title: string; readonly text: readonly string[] }
  /** The few numbers that matter most. */
  | {
      readonly kind: 'figures';
      readonly items: readonly {
        readonly label: string;
        readonly value: string;
        /** "points", "of 1,000": smaller, after the value. */
        readonly unit?: string;
        readonly interval?: string;
        readonly note: string;
      }[];
    }
  | { readonly kind: 'facts'; readonly items: readonly { readonly label: string; readonly value: string }[] }
  | {
      readonly kind: 'table';
      readonly caption: string;
      readonly columns: readonly Column[];
      readonly rows: readonly (readonly Cell[])[];
      /** How to read it: one plain sentence a number. */
      readonly notes: readonly string[];
      /** Definitions of what is in it: folded away on a page, left out on a terminal. */
      readonly terms?: readonly string[];
      /** As for headings: a terminal names it only. */
      readonly minor?: boolean;
    }
  | Scatter
  | Curve
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'code'; readonly text: string }
  /** For auditors: folded away on a page, left out on a terminal. */
  | { readonly kind: 'details'; readonly title: string; readonly blocks: readonly Block[] };
