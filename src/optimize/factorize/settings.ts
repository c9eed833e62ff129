import { rankStep, stepped, usefulRank } from './ranks.ts';

/** How ranks are found. */
export interface RankSettings {
  readonly budget: 'ratio' | 'error' | 'share' | 'rank';
  /** Multiply-adds kept, of all layers that take part. */
  readonly ratio: number;
  /** Relative output error per layer. */
  readonly error: number;
  /** Rank as a share of the full one. */
  readonly share: number;
  readonly rank: number;
}

/** What one factorization is asked for. */
export interface Wish {
  /** The largest rank of interest. */
  readonly most: number;
  /** The error that decides the rank; null: `most` columns are made. */
  readonly error: number | null;
}

/** What to ask for a layer [k, n], or why it is not worth factoring. */
export const wishOf = (k: number, n: number, settings: RankSettings): Wish | string => {
  const useful = usefulRank(k, n);
  if (useful === 0) return `two matrices of rank ${rankStep} are not faster than one of [${k}, ${n}]`;
  if (settings.budget === 'ratio') return { most: useful, error: null };
  if (settings.budget === 'error') return { most: useful, error: settings.error };
  const rank = stepped(settings.budget === 'rank' ? settings.rank : settings.share * Math.min(k, n));
  if (rank > useful) return `rank ${rank} is not faster for [${k}, ${n}]: the highest that is, is ${useful}`;
  return { most: rank, error: null };
};
