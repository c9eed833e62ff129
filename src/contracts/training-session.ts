import type { Feeds, RunResult, Session } from './session.ts';

/** A weight that learns: an input of the model, and the output that is the gradient of the loss by it. Both float32, of the same shape. */
export interface Trained {
  readonly weight: string;
  readonly gradient: string;
  readonly dims: readonly number[];
  /** Factor of the learning rate. */
  readonly rateFactor: number;
  /** Whether weight decay shrinks it. */
  readonly decays: boolean;
}

/** Weights that learn. */
export interface Training {
  readonly weights: readonly Trained[];
  /** A running mean of each weight is kept too. */
  readonly averages: boolean;
}

/** What stays of a weight between steps: itself, both moments of its gradient, its running mean. */
export const trainedRoles = ['weight', 'first', 'second', 'mean'] as const;
export type TrainedRole = (typeof trainedRoles)[number];

/** The name by which a value of a weight is written and read. */
export const trainedName = (weight: string, role: TrainedRole): string =>
  role === 'weight' ? weight : `${weight}/${role}`;

/** Numbers of one step of AdamW. With the gradient g and the rate factor f of a weight:
 *  a = take · min(1, clip / (‖all gradients‖ + 10⁻⁶)) · g; first ← keepFirst · first + a; second ← keepSecond · second + a²;
 *  weight ← (1 − decay · f) · weight − size · f · first / (√second + epsilon), without decay where the weight does not decay;
 *  mean ← keepMean · mean + (1 − keepMean) · weight. Source: Loshchilov and Hutter 2019, algorithm 2; clipping: Pascanu et al. 2013. */
export interface Move {
  readonly clip: number;
  readonly keepFirst: number;
  readonly keepSecond: number;
  readonly take: number;
  readonly epsilon: number;
  readonly size: number;
  readonly decay: number;
  /** Where means are kept. */
  readonly keepMean: number;
}

/** What a run does to the weights. */
export interface Descent {
  /** Share of this run's gradients in their step: they are added up until the weights move. 1 where each run is a step. */
  readonly share: number;
  /** null: the weights do not move yet. */
  readonly move: Move | null;
}

export interface Descended extends RunResult {
  /** Of all gradients together that were added up for this step so far, before clipping. */
  readonly norm: number;
}

/** A model in its own process, whose weights learn there without travelling. Moments are zero and means are the weights until written.
 *  Errors: those of `Session`. */
export interface TrainingSession extends Session {
  /** A run with the weights as they are, after which they move. Where the norm is not finite, nothing moves. `fetch`: names of the outputs to answer. */
  descend(feeds: Feeds, step: Descent, fetch: readonly string[]): Promise<Descended>;
  /** Values by `trainedName`. Writing a weight makes it its mean too. Every weight must be written before the first run. */
  writeWeights(values: Feeds): Promise<void>;
  readWeights(names: readonly string[]): Promise<Feeds>;
}
