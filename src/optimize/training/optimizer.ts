import type { Descent } from '../../contracts/index.ts';

/** AdamW: decoupled weight decay. Source: Loshchilov and Hutter 2019, algorithm 2. */
export interface AdamSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled: weights shrink by this share of the learning rate in each step. */
  readonly weightDecay: number;
}

export const usualAdam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** What one run does. `step` is 1 at the first. `share`: of this lesson's gradient in the gradient of its step. `last`: it ends the step, so
 *  weights move; before that only gradients are added up.
 *  Fewer operations than the formulas: with a = (1 − β₁)·g the second moment is kept as V = Σ β₂ⁱ·a², that is v/r² with
 *  r = √(1 − β₂)/(1 − β₁), and the corrections for the moments' start at zero move into scalars as well:
 *  m̂/(√v̂ + ε) = m/(√V + ε·c₂/r)·c₂/(c₁·r) with c₁ = 1 − β₁ᵗ, c₂ = √(1 − β₂ᵗ).
 *  The averaged weights follow faster at the beginning, min(d, (1+t)/(10+t)), so that they forget where training started. */
export const descentOf = (
  { beta1, beta2, epsilon, weightDecay }: AdamSettings,
  at: {
    readonly step: number;
    readonly rate: number;
    readonly averaging: number | null;
    readonly clip: number;
    readonly share: number;
  },
  last: boolean,
): Descent => {
  const { step, rate, averaging, clip, share } = at;
  if (!last) return { share, move: null };
  const correction2 = Math.sqrt(1 - beta2 ** step);
  const scale = Math.sqrt(1 - beta2) / (1 - beta1);
  return {
    share,
    move: {
      clip,
      keepFirst: beta1,
      keepSecond: beta2,
      take: 1 - beta1,
      epsilon: (epsilon * correction2) / scale,
      size: (rate * correction2) / ((1 - beta1 ** step) * scale),
      decay: rate * weightDecay,
      keepMean: averaging === null ? 0 : Math.min(averaging, (1 + step) / (10 + step)),
    },
  };
};
