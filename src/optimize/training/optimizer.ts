import { int } from './emit.ts';
import type { Emitter } from './emit.ts';

/** AdamW with clipping and a schedule. Source: Loshchilov and Hutter 2019, algorithm 2. */
export interface OptimizerSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled: weights shrink by this share of the learning rate in each step. */
  readonly weightDecay: number;
  /** Largest global norm of the gradient. */
  readonly clip: number;
  readonly schedule: Schedule;
}

export interface Schedule {
  /** After the warm-up the rate falls to 0 at `totalSteps`, or stays. */
  readonly shape: 'constant' | 'linear' | 'cosine';
  /** Steps in which the rate rises from 0 to its peak. */
  readonly warmUpSteps: number;
  readonly totalSteps: number;
}

const f = (to: Emitter, value: number): string => to.scalar('float32', value);

/** The learning rate of a step. Shapes: peak float32 scalar, step float32 scalar, 1 at the first → scalar.
 *  Sources: Vaswani et al. 2017, §5.3 (warm-up); Loshchilov and Hutter 2017 (cosine). */
export const scheduled = (to: Emitter, peak: string, step: string, schedule: Schedule): string => {
  const { shape, warmUpSteps, totalSteps } = schedule;
  const rising = to.emit('Div', [step, f(to, Math.max(1, warmUpSteps))]);
  let rest = f(to, 1);
  if (shape !== 'constant') {
    const length = Math.max(1, totalSteps - warmUpSteps);
    const share = to.emit('Div', [to.emit('Sub', [step, f(to, warmUpSteps)]), f(to, length)]);
    const progress = to.emit('Min', [to.emit('Max', [share, f(to, 0)]), f(to, 1)]);
    const wave = (): string => {
      const cosine = to.emit('Cos', [to.emit('Mul', [progress, f(to, Math.PI)])]);
      return to.emit('Mul', [to.emit('Add', [cosine, f(to, 1)]), f(to, 0.5)]);
    };
    rest = shape === 'linear' ? to.emit('Sub', [f(to, 1), progress]) : wave();
  }
  return to.emit('Mul', [peak, to.emit('Min', [rising, rest])]);
};

/** Global norm of all gradients, and the factor that brings it down to `clip` (1 when it is below).
 *  Source: Pascanu et al. 2013, algorithm 1. */
export const clipping = (
  to: Emitter,
  gradients: readonly string[],
  clip: number,
): { readonly norm: string; readonly factor: string } => {
  const squares = gradients.map((one) => to.emit('ReduceSumSquare', [one], { keepdims: int(0) }));
  const norm = to.emit('Sqrt', [to.emit('Sum', squares)]);
  const ratio = to.emit('Div', [f(to, clip), to.emit('Add', [norm, f(to, 1e-6)])]);
  return { norm, factor: to.emit('Min', [ratio, f(to, 1)]) };
};

/** What all weights of a step share: rate and bias corrections. */
export interface StepScalars {
  readonly rate: string;
  /** 1 − β₁ᵗ and √(1 − β₂ᵗ). */
  readonly correction1: string;
  readonly correction2: string;
}

/** The scalars of a step. Shapes: step float32 scalar, 1 at the first. */
export const stepScalars = (to: Emitter, peak: string, step: string, settings: OptimizerSettings): StepScalars => {
  const left = (beta: number): string => to.emit('Sub', [f(to, 1), to.emit('Pow', [f(to, beta), step])]);
  return {
    rate: scheduled(to, peak, step, settings.schedule),
    correction1: left(settings.beta1),
    correction2: to.emit('Sqrt', [left(settings.beta2)]),
  };
};

/** One AdamW step of one weight. Shapes: weight, gradient (clipped) and both moments alike → the new weight and moments. */
export const adamW = (
  to: Emitter,
  { weight, gradient, m, v }: Readonly<Record<'weight' | 'gradient' | 'm' | 'v', string>>,
  { rate, correction1, correction2 }: StepScalars,
  settings: Pick<OptimizerSettings, 'beta1' | 'beta2' | 'epsilon' | 'weightDecay'>,
): { readonly weight: string; readonly m: string; readonly v: string } => {
  const mix = (old: string, now: string, beta: number): string =>
    to.emit('Add', [to.emit('Mul', [old, f(to, beta)]), to.emit('Mul', [now, f(to, 1 - beta)])]);
  const newM = mix(m, gradient, settings.beta1);
  const newV = mix(v, to.emit('Mul', [gradient, gradient]), settings.beta2);
  const root = to.emit('Add', [to.emit('Div', [to.emit('Sqrt', [newV]), correction2]), f(to, settings.epsilon)]);
  const size = to.emit('Div', [rate, correction1]);
  const moved = to.emit('Sub', [weight, to.emit('Mul', [to.emit('Div', [newM, root]), size])]);
  if (settings.weightDecay === 0) return { weight: moved, m: newM, v: newV };
  const shrink = to.emit('Mul', [weight, to.emit('Mul', [rate, f(to, settings.weightDecay)])]);
  return { weight: to.emit('Sub', [moved, shrink]), m: newM, v: newV };
};
