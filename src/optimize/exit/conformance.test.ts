import type { Context, LearningRows, Model, OptionsSpec, Technique } from '../../contracts/index.ts';
import { readTensorSync, tensor, toFloat32 } from '../../model/tensor/index.ts';
import { promises } from '../testing/conformance.ts';
import { encoderSample } from '../testing/learning.ts';
import { exitTechniques } from './index.ts';

/** The same rows many times: a risk cannot be shown on a dozen. */
const many = (rows: LearningRows, times: number): LearningRows => ({
  count: rows.count * times,
  label: () => null,
  length: (row) => rows.length(row % rows.count),
  tokens: (row) => rows.tokens(row % rows.count),
  feeds: (picked) => rows.feeds(picked.map((row) => row % rows.count)),
});

/** The model with slightly other weights: what a small model was made from. */
const relative = (model: Model): Model => ({
  ...model,
  graph: {
    ...model.graph,
    initializers: new Map(
      [...model.graph.initializers].map(([name, one]) => {
        if (one.dtype !== 'float32' || one.dims.length < 2) return [name, one];
        const values = toFloat32('float32', readTensorSync(one));
        return [
          name,
          tensor(
            'float32',
            one.dims,
            values.map((value, i) => value * (1 + 0.3 * Math.sin(i))),
          ),
        ];
      }),
    ),
  },
});

/** Every technique in a place where there is something to do for it. */
const placed = <S extends OptionsSpec>(technique: Technique<S>): Technique => {
  const there = (model: Model, context: Context): Context => ({
    ...context,
    original: relative(model),
    learning: context.learning && { ...context.learning, validation: many(context.learning.validation, 30) },
  });
  return {
    ...technique,
    apply: (model: Model, options: never, context: Context) => technique.apply(model, options, there(model, context)),
  } as unknown as Technique;
};

promises(
  exitTechniques.map((technique) => placed(technique as unknown as Technique)),
  { more: [encoderSample], rich: [encoderSample] },
);
