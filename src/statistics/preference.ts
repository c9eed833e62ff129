import { wilson, type Interval } from './proportions.ts';
import { binomialCdf } from './special.ts';

/** Votes of people who saw the answers of two systems beside each other. */
export interface Votes {
  readonly wins: number;
  readonly losses: number;
  readonly ties: number;
}

export interface Preference extends Interval {
  /** Share that prefers the first: (wins + ties / 2) / votes. */
  readonly value: number;
  /** Two-sided exact sign test on the votes that are no ties. */
  readonly p: number;
  /** Distance in rating points on the scale of 400 points for odds of 10 : 1; infinite where nobody prefers one of them. */
  readonly points: number;
}

/** Rating points between two systems of which one is preferred by this share. Source: Bradley & Terry 1952 on the scale of Elo (400 points are odds
 *  of 10 : 1). */
export const ratingPoints = (share: number): number => 400 * Math.log10(share / (1 - share));

/** What votes between two systems say. With two of them the Bradley–Terry model is the sign test: the maximum of its likelihood is the share of
 *  wins, ties half. Interval: Wilson. Without a vote everything is open: p = 1, share 0.5 in [0, 1].
 *  Source: Bradley & Terry 1952; Wilson 1927; Chiang et al. 2024 (points). */
export const preferenceOf = ({ wins, losses, ties }: Votes, confidence: number): Preference => {
  const n = wins + losses + ties;
  if (n === 0) return { value: 0.5, low: 0, high: 1, p: 1, points: 0 };
  const value = (wins + ties / 2) / n;
  const decided = wins + losses;
  const p = decided === 0 ? 1 : Math.min(1, 2 * binomialCdf(Math.min(wins, losses), decided, 0.5));
  return { value, ...wilson(wins + ties / 2, n, confidence), p, points: ratingPoints(value) };
};
