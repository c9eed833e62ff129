import type { Context, LearningRows, Model, Tensor } from '../../contracts/index.ts';
import { bestOf, scoresOf } from './teacher.ts';

/** The right answer of each row: its label, or what the teacher says where nobody labelled it. Shapes: [rows, classes] → [rows]. */
export const targetsOf = (rows: LearningRows, teacher: Float32Array, classes: number): Int32Array =>
  bestOf(teacher, classes).map((answer, row) => rows.label(row) ?? answer);

/** Share of rows answered as they should be. */
export const shareRight = (scores: Float32Array, targets: Int32Array, classes: number): number =>
  bestOf(scores, classes).reduce((right, answer, row) => right + (answer === targets[row] ? 1 : 0), 0) / targets.length;

/** Share of right answers among `rows` of a model whose initializers have these values. NaN scores count as they come: the engine stops at them. */
export const judging =
  (
    model: Model,
    rows: LearningRows,
    targets: Int32Array,
    classes: number,
    threads: number,
    context: Context,
  ): ((weights: ReadonlyMap<string, Tensor>) => Promise<number>) =>
  async (weights) => {
    const output = model.graph.outputs[0]!.name;
    const session = await context.open(withWeights(model, weights), { intraOpThreads: threads });
    try {
      const ask = async (feeds: Parameters<typeof session.run>[0]) =>
        (await session.run(feeds, { fetch: [output] })).outputs[output]!;
      return shareRight(await scoresOf(rows, classes, ask, context), targets, classes);
    } finally {
      await session.close();
    }
  };

/** The model with other values in those of its initializers that `weights` names; names that it does not have are left out. */
export const withWeights = (model: Model, weights: ReadonlyMap<string, Tensor>): Model => ({
  ...model,
  graph: {
    ...model.graph,
    initializers: new Map([...model.graph.initializers].map(([name, one]) => [name, weights.get(name) ?? one])),
  },
});
