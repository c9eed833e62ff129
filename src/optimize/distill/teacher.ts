import { SteelyardError } from '../../contracts/index.ts';
import type { Context, Feeds, LearningRows, Model, Value } from '../../contracts/index.ts';

/** A model that is asked for its scores, and for inner values that a student learns from. */
export interface Teacher {
  /** Scores [rows, classes] and the named inner values. Errors: `distill/teacher` when the scores are not finite or have another shape. */
  ask(feeds: Feeds): Promise<Readonly<Record<string, Value>>>;
  close(): Promise<void>;
}

/** The model with inner values as further outputs. */
export const withOutputs = (model: Model, names: readonly string[]): Model => {
  const known = new Set(model.graph.outputs.map(({ name }) => name));
  const more = [...new Set(names)].filter((name) => !known.has(name)).map((name) => ({ name, type: null }));
  return { ...model, graph: { ...model.graph, outputs: [...model.graph.outputs, ...more] } };
};

/** Open a teacher in a process of its own. `output` has the scores. */
export const openTeacher = async (
  model: Model,
  output: string,
  classes: number,
  inner: readonly string[],
  context: Context,
  threads: number,
): Promise<Teacher> => {
  const session = await context.open(withOutputs(model, inner), { intraOpThreads: threads });
  const fetch = [output, ...inner];
  return {
    ask: async (feeds) => {
      const { outputs } = await session.run(feeds, { fetch });
      const scores = outputs[output]!;
      if (scores.dtype !== 'float32' || scores.dims.length !== 2 || scores.dims[1] !== classes)
        throw new SteelyardError(
          'distill/teacher',
          `the original answers ${scores.dtype} [${scores.dims.join(', ')}] where scores of ${classes} classes are expected`,
        );
      if (!(scores.data as Float32Array).every(Number.isFinite))
        throw new SteelyardError(
          'distill/teacher',
          'the original answers infinite values or values that are no numbers',
          'nothing can be learned from it; look for broken weights',
        );
      return outputs;
    },
    close: () => session.close(),
  };
};

/** Rows at a time where nothing is learned. */
const askedRows = 64;

/** Position of the largest of each row. Shapes: [rows, classes] → [rows]. */
export const bestOf = (scores: Float32Array, classes: number): Int32Array =>
  Int32Array.from({ length: scores.length / classes }, (_, row) => {
    let best = 0;
    for (let i = 1; i < classes; i++) if (scores[row * classes + i]! > scores[row * classes + best]!) best = i;
    return best;
  });

/** Scores of all rows, in their order: [rows, classes]. `ask` answers the scores of a batch. */
export const scoresOf = async (
  rows: LearningRows,
  classes: number,
  ask: (feeds: Feeds) => Promise<Value>,
  context: Context,
): Promise<Float32Array> => {
  const scores = new Float32Array(rows.count * classes);
  const order = Array.from({ length: rows.count }, (_, row) => row).sort((a, b) => rows.length(a) - rows.length(b));
  for (let from = 0; from < order.length; from += askedRows) {
    if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while a model was being asked');
    const some = order.slice(from, from + askedRows);
    const { data } = await ask(rows.feeds(some));
    for (const [at, row] of some.entries())
      scores.set((data as Float32Array).subarray(at * classes, (at + 1) * classes), row * classes);
  }
  return scores;
};
