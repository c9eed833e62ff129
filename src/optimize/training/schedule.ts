/** How the learning rate changes over a training run. */
export interface Schedule {
  /** After the warm-up the rate falls to 0 at `totalSteps`, or stays. */
  readonly shape: 'constant' | 'linear' | 'cosine';
  /** Steps in which the rate rises from 0 to its peak. */
  readonly warmUpSteps: number;
  readonly totalSteps: number;
}

/** The learning rate of a step, which is 1 at the first. Sources: Vaswani et al. 2017, §5.3 (warm-up); Loshchilov and Hutter 2017 (cosine). */
export const rateAt = (peak: number, step: number, { shape, warmUpSteps, totalSteps }: Schedule): number => {
  const rising = step / Math.max(1, warmUpSteps);
  const progress = Math.min(1, Math.max(0, (step - warmUpSteps) / Math.max(1, totalSteps - warmUpSteps)));
  const rest = { constant: 1, linear: 1 - progress, cosine: 0.5 * (1 + Math.cos(Math.PI * progress)) }[shape];
  return peak * Math.min(rising, rest);
};
