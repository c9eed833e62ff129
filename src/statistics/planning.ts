import { normalQuantile } from './special.ts';

/** How sure a plan should be. */
export interface Plan {
  /** One-sided error rate of the test. Default 0.05. */
  readonly alpha?: number;
  /** Chance of a proof when the truth is as planned. Default 0.8. */
  readonly power?: number;
}

const sum = ({ alpha = 0.05, power = 0.8 }: Plan): number => normalQuantile(1 - alpha) + normalQuantile(power);

/** Paired answers needed to prove that a candidate is not worse by `margin`, when a share `discordant` of them differs in rightness and the
 *  true difference lies `slack` inside the margin (default: the whole margin, no true difference).
 *  Units: shares. Source: n ≈ (z₁₋α + z_power)² · ψ / δ², 6.18 · ψ / δ² at 5 % and 80 %; never below what no flip at all needs. */
export const pairsNeeded = (discordant: number, margin: number, plan: Plan = {}, slack = margin): number => {
  const z = normalQuantile(1 - (plan.alpha ?? 0.05));
  return Math.ceil(Math.max((sum(plan) ** 2 * discordant) / slack ** 2, (z * z * (1 - slack)) / slack));
};

/** The smallest margin that n paired answers can prove when a share `discordant` of them differs in rightness and there is no true difference.
 *  Units: shares. 2.4865 · √(ψ / n) at 5 % and 80 %. */
export const provableMargin = (n: number, discordant: number, plan: Plan = {}): number =>
  sum(plan) * Math.sqrt(discordant / n);

/** The margin that n paired answers prove when not one of them differs: the score test with no discordant pair. */
export const marginWithoutFlips = (n: number, alpha = 0.05): number => {
  const z = normalQuantile(1 - alpha);
  return (z * z) / (n + z * z);
};

/** Examples needed to prove a share to be on its side of a limit, when it is truly `share`. Infinity when it lies on the limit.
 *  Source: one-sample test of a proportion (Fleiss, Levin & Paik 2003, §2.5). */
export const examplesNeeded = (share: number, limit: number, { alpha = 0.05, power = 0.8 }: Plan = {}): number => {
  const spread = (p: number): number => Math.sqrt(Math.max(0, p * (1 - p)));
  const reach = normalQuantile(1 - alpha) * spread(limit) + normalQuantile(power) * spread(share);
  return Math.ceil((reach / (share - limit)) ** 2);
};

/** Samples needed when `samples` gave a standard error and the limit is `slack` away: an error shrinks with the root of the samples. */
export const samplesForSlack = (samples: number, standardError: number, slack: number, plan: Plan = {}): number =>
  Math.ceil(samples * ((sum(plan) * standardError) / slack) ** 2);

/** Samples for an estimate of a share within ± `margin` at a two-sided confidence. Source: MLPerf inference rules, appendix, rounded as there. */
export const samplesForMargin = (share: number, margin: number, confidence: number): number =>
  Math.round((normalQuantile(1 - (1 - confidence) / 2) ** 2 * share * (1 - share)) / margin ** 2);
