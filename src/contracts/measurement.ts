/** Units of a number. A number never travels without one. */
export type Unit =
  | 'proportion'
  | 'score'
  | 'nats'
  | 'ratio'
  | 'ms'
  | 's'
  | 'bytes'
  | 'requests/s'
  | 'cpu-ms/request'
  | 'count'
  | 'currency/million requests'
  | 'currency/month'
  | 'J/request'
  | 'g/million requests';

/** What a paired comparison was computed from, enough to test any margin later without the raw data. */
export type Evidence =
  /** Paired right/wrong counts on the same items. */
  | {
      readonly kind: 'pairs';
      readonly bothRight: number;
      readonly onlyBaselineRight: number;
      readonly onlyCandidateRight: number;
      readonly bothWrong: number;
    }
  /** Quantiles of the bootstrap distribution of the difference or ratio, thinned: `values[i]` is the `probabilities[i]` quantile. */
  | { readonly kind: 'bootstrap'; readonly probabilities: readonly number[]; readonly values: readonly number[] }
  /** Exactly known on both sides (bytes on disk): no uncertainty. */
  | { readonly kind: 'exact' };

/** The same thing against the baseline, paired on the same items or rounds. */
export interface Comparison {
  readonly kind: 'difference' | 'ratio';
  /** candidate − baseline, or candidate ÷ baseline. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly evidence: Evidence;
  /** "Tango score", "paired bootstrap over 120 rounds": for the report's footnote. */
  readonly method: string;
}

/** One line of a bill, in the unit of its number. */
export interface BillLine {
  readonly name: string;
  readonly amount: number;
  /** Paid once, beside what the number sums up. */
  readonly once: boolean;
}

/** A slice that is not reported, because there is too little of it. */
export interface TooFew {
  /** "kind=pronouns". */
  readonly slice: string;
  readonly count: number;
  /** What is counted, in the singular: "text". */
  readonly item: string;
}

export interface Measurement {
  /** Evaluator's metric id, for example `accuracy` or `latency-p50`. */
  readonly metric: string;
  readonly unit: Unit;
  /** NaN where it could not be measured; `caveat` then says what it takes. */
  readonly value: number;
  /** Two-sided interval at `confidence`. Equal to value when exact. */
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
  /** Items, rounds or runs behind the number. */
  readonly samples: number;
  /** Subset of the data it is about ("style=casual"), absent for all of it. */
  readonly slice?: string;
  readonly versus?: Comparison;
  /** What a reader must know: "estimate", "the A/A arm differed: unreliable session". */
  readonly caveat?: string;
  /** Slices that are missing for having too few items. Records of earlier versions have a sentence for each in `caveat` instead. */
  readonly refused?: readonly TooFew[];
  /** What a cost is made of. */
  readonly bill?: readonly BillLine[];
}

const subjectOf = ({ metric, slice }: Measurement): string => JSON.stringify([metric, slice ?? null]);

/** Measurements with newer ones of the same metric and slice in place of the older ones. What could not be measured the second time keeps its
 *  first number: a longer session for one metric may be too short for another. */
export const renewed = (older: readonly Measurement[], newer: readonly Measurement[]): readonly Measurement[] => {
  const made = new Map(older.map((one) => [subjectOf(one), one]));
  for (const one of newer) {
    const before = made.get(subjectOf(one));
    if (before === undefined || Number.isNaN(before.value) || !Number.isNaN(one.value)) made.set(subjectOf(one), one);
  }
  return [...made.values()];
};

export interface MetricSpec {
  /** Stable, unique over all evaluators, used in scenarios: `accuracy`, `latency-p50`, `size`. */
  readonly id: string;
  readonly title: string;
  /** In a sentence, where the title does not read as one thing: "share of changed answers". Singular. Default: the title, its first letter small. */
  readonly noun?: string;
  /** What a value says, where "<noun> is 3 %" is no English: "{} of the answers changed". */
  readonly found?: string;
  readonly unit: Unit;
  readonly better: 'higher' | 'lower' | 'neither';
  /** How candidates are compared with the baseline. */
  readonly versus: 'difference' | 'ratio' | 'none';
  /** One sentence with the definition and its source. */
  readonly definition: string;
}
