import type { Random } from '../../contracts/index.ts';

/** A claim made again and again on made-up data whose truth is known. */
export interface Case {
  readonly name: string;
  readonly what: 'false claims' | 'coverage';
  /** Where the share of `true` must lie, before Monte-Carlo error. */
  readonly from: number;
  readonly to: number;
  /** Takes long: not for every test run. */
  readonly slow?: true;
  /** One experiment: was the false claim made, was the truth covered? */
  readonly once: (random: Random) => boolean;
}

export const alpha = 0.05;
export const confidence = 0.95;

/** Pairs with a share `discordant` of items on which the two differ, and a true difference of `difference`. */
export const drawPairs = (n: number, discordant: number, difference: number, random: Random) => {
  let [b, c] = [0, 0];
  for (let i = 0; i < n; i++) {
    const u = random.next();
    if (u < (discordant - difference) / 2) b++;
    else if (u < discordant) c++;
  }
  return { b, c, n };
};
