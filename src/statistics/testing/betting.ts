import type { Pairs } from '../index.ts';

/** Wealth of a gambler who bets against "the candidate is worse by the margin or more" with even shares of the wealth on a grid of stakes:
 *  above 1/α at any time the claim is refuted, however often one looks. The rival of planned looks.
 *  Source: Waudby-Smith & Ramdas 2024, §4 (betting, mixture over stakes); Robbins 1970. */
export const bettingWealth = ({ b, c, n }: Pairs, margin: number): number => {
  const largest = 1 / (1 - margin);
  let wealth = 0;
  for (const share of stakes) {
    const stake = share * largest;
    wealth +=
      Math.exp(
        b * Math.log1p(stake * (margin - 1)) +
          c * Math.log1p(stake * (margin + 1)) +
          (n - b - c) * Math.log1p(stake * margin),
      ) / stakes.length;
  }
  return wealth;
};
const stakes = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9];
