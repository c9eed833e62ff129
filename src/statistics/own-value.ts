import type { Measurement } from '../contracts/index.ts';
import { clopperPearson, wilson } from './proportions.ts';
import { binomialCdf, normalQuantile, studentCdf, studentQuantile } from './special.ts';
import { tangoTest } from './tango.ts';

/** What a measurement knows about the true value of its own: everything, a count out of n, or an interval. */
export type Knowledge =
  | { readonly kind: 'exact' }
  | { readonly kind: 'count'; readonly successes: number; readonly n: number }
  | {
      readonly kind: 'interval';
      /** Standard errors below and above the value. */
      readonly below: number;
      readonly above: number;
      readonly samples: number;
      /** A share or score over samples: what did not occur among them may still exist. */
      readonly sampled: boolean;
    };

type Own = Pick<Measurement, 'value' | 'low' | 'high' | 'confidence' | 'samples' | 'unit' | 'versus'>;

/** How a measurement's interval came about. Its bounds equal to the value say that it is exact, except for shares and scores over several
 *  samples: twenty right answers out of twenty are no proof of perfection. A share with Wilson's interval is a count. */
export const knowledgeOf = ({ value, low, high, confidence, samples, unit, versus }: Own): Knowledge => {
  const sampled = (unit === 'proportion' || unit === 'score') && samples > 1;
  if (low === high && (!sampled || versus?.evidence.kind === 'exact')) return { kind: 'exact' };
  const successes = Math.round(value * samples);
  if (sampled && unit === 'proportion' && Math.abs(successes - value * samples) < 1e-6) {
    const interval = wilson(successes, samples, confidence);
    if (Math.abs(interval.low - low) < 1e-9 && Math.abs(interval.high - high) < 1e-9)
      return { kind: 'count', successes, n: samples };
  }
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const [below, above] = [(value - low) / z, (high - value) / z];
  // A value at the edge of its interval has its error on the other side only.
  return { kind: 'interval', below: below > 0 ? below : above, above: above > 0 ? above : below, samples, sampled };
};

const pInterval = (error: number, slack: number, samples: number, sampled: boolean): number => {
  const p = slack === 0 ? 0.5 : studentCdf(error === 0 ? -Infinity * slack : -slack / error, Math.max(1, samples - 1));
  return sampled && slack > 0 ? Math.max(p, tangoTest({ b: 0, c: 0, n: samples }, Math.min(slack, 1 - 1e-9)).p) : p;
};

/** One-sided p-value of H0 "the true value is at least `limit`": small when it is surely below. Counts: exact binomial.
 *  Intervals: Student's t on their width. Exact: 0 or 1. */
export const pOwnBelow = (own: Own, limit: number): number => {
  const known = knowledgeOf(own);
  switch (known.kind) {
    case 'exact':
      return own.value < limit ? 0 : 1;
    case 'count':
      return binomialCdf(known.successes, known.n, Math.min(1, Math.max(0, limit)));
    case 'interval':
      return pInterval(limit > own.value ? known.above : known.below, limit - own.value, known.samples, known.sampled);
  }
};

/** One-sided p-value of H0 "the true value is at most `limit`": small when it is surely above. See `pOwnBelow`. */
export const pOwnAbove = (own: Own, limit: number): number => {
  const known = knowledgeOf(own);
  switch (known.kind) {
    case 'exact':
      return own.value > limit ? 0 : 1;
    case 'count':
      return 1 - binomialCdf(known.successes - 1, known.n, Math.min(1, Math.max(0, limit)));
    case 'interval':
      return pInterval(limit < own.value ? known.below : known.above, own.value - limit, known.samples, known.sampled);
  }
};

const reach = (error: number, confidence: number, samples: number, sampled: boolean): number => {
  const z = normalQuantile(confidence);
  return Math.max(
    error * studentQuantile(confidence, Math.max(1, samples - 1)),
    sampled ? (z * z) / (samples + z * z) : 0,
  );
};

/** One-sided bounds of the true value; `confidence` from above 0.5 to below 1. They are where the tests above turn. */
export const ownBounds = (own: Own, confidence: number): { readonly lower: number; readonly upper: number } => {
  const known = knowledgeOf(own);
  switch (known.kind) {
    case 'exact':
      return { lower: own.value, upper: own.value };
    case 'count': {
      const { low, high } = clopperPearson(known.successes, known.n, 2 * confidence - 1);
      return { lower: low, upper: high };
    }
    case 'interval':
      return {
        lower: own.value - reach(known.below, confidence, known.samples, known.sampled),
        upper: own.value + reach(known.above, confidence, known.samples, known.sampled),
      };
  }
};
