import { lowRank } from './low-rank.ts';

/** Weights as products of smaller ones. */
export const factorizeTechniques = [lowRank] as const;
