import { SteelyardError, parseOptions } from '../../../contracts/index.ts';
import type { Context, Feeds, Model, RunResult, Technique } from '../../../contracts/index.ts';
import { distance, type Distance } from './agreement.ts';

/** A technique that can leave single layers alone. */
export interface Base {
  readonly technique: Technique;
  /** Raw options, without `exclude`. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What the user excluded from the start. */
  readonly exclude: readonly string[];
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
    for await (const batch of context.calibration()) {
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

/** The base technique with these layers left alone. */
export const applyBase = (model: Model, base: Base, exclude: readonly string[], context: Context) => {
  const options = parseOptions(base.technique.id, base.technique.options, {
    ...base.options,
    exclude: [...base.exclude, ...exclude],
  });
  return base.technique.apply(model, options, context);
};

/** How far a model's answers are from the reference. */
export const distanceOf = async (
  model: Model,
  reference: Reference,
  config: Readonly<Record<string, string>> | undefined,
  context: Context,
): Promise<Distance> => {
  const session = await context.open(model, config === undefined ? {} : { config });
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
  model: Model,
  base: Base,
  layers: readonly string[],
  reference: Reference,
  context: Context,
): Promise<readonly Sensitivity[]> => {
  const found: Sensitivity[] = [];
  for (const [index, layer] of layers.entries()) {
    stopIfAsked(context);
    context.progress({ label: 'trying layers one by one', done: index, total: layers.length, detail: layer });
    const others = layers.filter((other) => other !== layer);
    const { model: one, config } = await applyBase(model, base, others, context);
    found.push({ layer, ...(await distanceOf(one, reference, config, context)) });
  }
  return found.toSorted((a, b) => b.error - a.error);
};
