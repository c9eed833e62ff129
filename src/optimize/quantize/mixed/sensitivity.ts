import { SteelyardError } from '../../../contracts/index.ts';
import type { Context, Feeds, Model, RunResult, SessionOptions, TechniqueResult } from '../../../contracts/index.ts';
import { withRows } from '../../calibrate/index.ts';
import { distance, type Distance } from './agreement.ts';

/** A technique on a model, with the named layers left as they were. */
export type Leaving = (layers: readonly string[]) => Promise<TechniqueResult>;

/** How a version runs in a trial. */
export interface Trial {
  readonly session?: Partial<SessionOptions>;
  /** Another form of the model that shows its errors better than it would itself. */
  readonly form?: (model: Model) => Model;
}

/** Real inputs and what the original answers to them. */
export interface Reference {
  readonly feeds: readonly Feeds[];
  readonly answers: readonly RunResult[];
}

/** What one layer does to the answers when it alone is changed. */
export interface Sensitivity extends Distance {
  /** Name of the node, as options name it. */
  readonly layer: string;
}

const stopIfAsked = (context: Context): void => {
  if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while trying layers');
};

/** A few batches of the calibration data, each with the same chance, and the original's answers.
 *  Errors: `optimize/calibration` when there are none; `runtime/…`. */
export const referenceOf = async (model: Model, most: number, context: Context): Promise<Reference> => {
  const random = context.random('sensitivity');
  const feeds: Feeds[] = [];
  let seen = 0;
  if (context.calibration !== null)
    for await (const batch of withRows(context.calibration())) {
      stopIfAsked(context);
      const place = seen < most ? seen : random.integer(seen + 1);
      if (place < most) feeds[place] = batch;
      seen++;
    }
  if (feeds.length === 0)
    throw new SteelyardError(
      'optimize/calibration',
      'there are no calibration rows to try layers on',
      'name some: data.calibration in a scenario, --inputs on the command line',
    );
  const session = await context.open(model);
  try {
    const answers: RunResult[] = [];
    for (const batch of feeds) {
      stopIfAsked(context);
      answers.push(await session.run(batch));
    }
    return { feeds, answers };
  } finally {
    await session.close();
  }
};

/** How far a model's answers are from the reference. */
export const distanceOf = async (
  model: Model,
  reference: Reference,
  config: Readonly<Record<string, string>> | undefined,
  context: Context,
  trial: Trial = {},
): Promise<Distance> => {
  const options = config === undefined ? {} : { config };
  const session = await context.open(trial.form?.(model) ?? model, { ...options, ...trial.session });
  try {
    const sum = distance();
    for (const [index, batch] of reference.feeds.entries()) {
      stopIfAsked(context);
      sum.add(reference.answers[index]!, await session.run(batch));
    }
    return sum.result();
  } finally {
    await session.close();
  }
};

/** Change one layer at a time and see what it does to the answers; the most harmful first (ties in graph order).
 *  Time: one build, load and run a layer. Source: the sensitivity list of AIMET's automatic mixed precision. */
export const sensitivities = async (
  leaving: Leaving,
  layers: readonly string[],
  reference: Reference,
  context: Context,
  trial: Trial = {},
): Promise<readonly Sensitivity[]> => {
  const found: Sensitivity[] = [];
  for (const [index, layer] of layers.entries()) {
    stopIfAsked(context);
    context.progress({ label: 'trying layers one by one', done: index, total: layers.length, detail: layer });
    const { model, config } = await leaving(layers.filter((other) => other !== layer));
    found.push({ layer, ...(await distanceOf(model, reference, config, context, trial)) });
  }
  return found.toSorted((a, b) => b.error - a.error);
};
