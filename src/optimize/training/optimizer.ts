import { int } from './emit.ts';
import type { Emitter } from './emit.ts';

/** AdamW: decoupled weight decay. Source: Loshchilov and Hutter 2019, algorithm 2. */
export interface AdamSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled: weights shrink by this share of the learning rate in each step. */
  readonly weightDecay: number;
}

export const usualAdam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** The numbers that change from step to step. They are computed here in double precision and fed, so that the graph holds only the
 *  arithmetic on weights. */
export const coefficientNames = [
  'keepFirst',
  'keepSecond',
  'take',
  'epsilon',
  'size',
  'decay',
  'keepMean',
  'takeMean',
  'share',
  'carry',
] as const;
export type CoefficientName = (typeof coefficientNames)[number];
export type Coefficients = Readonly<Record<CoefficientName, number>>;

/** What one run of the step graph is fed with. `step` is 1 at the first. `share`: of this lesson's gradient in the gradient of its step.
 *  `last`: it ends the step, so weights move; before that only gradients are added up.
 *  Fewer passes over the weights than the formulas: with a = (1 − β₁)·g the second moment is kept as V = Σ β₂ⁱ·a², that is v/r² with
 *  r = √(1 − β₂)/(1 − β₁), and the corrections for the moments' start at zero move into scalars as well:
 *  m̂/(√v̂ + ε) = m/(√V + ε·c₂/r)·c₂/(c₁·r) with c₁ = 1 − β₁ᵗ, c₂ = √(1 − β₂ᵗ).
 *  The averaged weights follow faster at the beginning, min(d, (1+t)/(10+t)), so that they forget where training started. */
export const coefficientsOf = (
  { beta1, beta2, epsilon, weightDecay }: AdamSettings,
  at: { readonly step: number; readonly rate: number; readonly averaging: number | null; readonly share: number },
  last: boolean,
): Coefficients => {
  const { step, rate, averaging, share } = at;
  const correction2 = Math.sqrt(1 - beta2 ** step);
  const scale = Math.sqrt(1 - beta2) / (1 - beta1);
  const still = {
    keepFirst: 1,
    keepSecond: 1,
    take: 0,
    epsilon: 1,
    size: 0,
    decay: 0,
    keepMean: 1,
    takeMean: 0,
    share,
    carry: 1,
  };
  if (!last) return still;
  const keepMean = averaging === null ? 0 : Math.min(averaging, (1 + step) / (10 + step));
  return {
    keepFirst: beta1,
    keepSecond: beta2,
    take: 1 - beta1,
    epsilon: (epsilon * correction2) / scale,
    size: (rate * correction2) / ((1 - beta1 ** step) * scale),
    decay: rate * weightDecay,
    keepMean,
    takeMean: 1 - keepMean,
    share,
    carry: 0,
  };
};

/** Global norm of all gradients, and the factor that brings it down to `clip` (1 when it is below).
 *  Source: Pascanu et al. 2013, algorithm 1. */
export const clipping = (
  to: Emitter,
  gradients: readonly string[],
  clip: number,
): { readonly norm: string; readonly factor: string } => {
  const squares = gradients.map((one) => to.emit('ReduceSumSquare', [one], { keepdims: int(0) }));
  const norm = to.emit('Sqrt', [squares.length === 1 ? squares[0]! : to.emit('Sum', squares)]);
  const ratio = to.emit('Div', [to.scalar('float32', clip), to.emit('Add', [norm, to.scalar('float32', 1e-6)])]);
  return { norm, factor: to.emit('Min', [ratio, to.scalar('float32', 1)]) };
};

/** Scalars that the updates of all weights share, by name of their values in the graph. */
export interface UpdateScalars {
  readonly keepFirst: string;
  readonly keepSecond: string;
  readonly epsilon: string;
  /** The share taken of the gradient, times the clipping factor. */
  readonly take: string;
}

export const updateScalars = (
  to: Emitter,
  { keepFirst, keepSecond, epsilon, take }: Readonly<Record<CoefficientName, string>>,
  factor: string,
): UpdateScalars => ({ keepFirst, keepSecond, epsilon, take: to.emit('Mul', [take, factor]) });

/** One AdamW step of one weight. Shapes: weight, gradient (not clipped yet) and both moments alike → the new weight and moments (see
 *  `coefficientsOf` for what they are). `size` and `shrink` are scalars: length of the step, and what is left of the weight by decay
 *  (null: no decay). `nextOf` names the results after what they follow. */
export const adamW = (
  to: Emitter,
  { weight, gradient, first, second }: Readonly<Record<'weight' | 'gradient' | 'first' | 'second', string>>,
  scalars: UpdateScalars,
  size: string,
  shrink: string | null,
  nextOf: (name: string) => string,
): { readonly weight: string; readonly first: string; readonly second: string } => {
  const taken = to.emit('Mul', [gradient, scalars.take]);
  const newFirst = to.emit('Add', [to.emit('Mul', [first, scalars.keepFirst]), taken], {}, nextOf(first));
  const squares = [to.emit('Mul', [second, scalars.keepSecond]), to.emit('Mul', [taken, taken])];
  const newSecond = to.emit('Add', squares, {}, nextOf(second));
  const root = to.emit('Add', [to.emit('Sqrt', [newSecond]), scalars.epsilon]);
  const move = to.emit('Mul', [to.emit('Div', [newFirst, root]), size]);
  const left = shrink === null ? weight : to.emit('Mul', [weight, shrink]);
  return { weight: to.emit('Sub', [left, move], {}, nextOf(weight)), first: newFirst, second: newSecond };
};
