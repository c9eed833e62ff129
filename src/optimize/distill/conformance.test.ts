import type { Model } from '../../contracts/index.ts';
import { readTensorSync, tensor, toFloat32 } from '../../model/tensor/index.ts';
import { promises } from '../testing/conformance.ts';
import { encoderSample } from '../testing/learning.ts';
import { recover } from './recover.ts';
import { student } from './student.ts';

/** The model before somebody damaged its matrices. */
const whole = ({ model }: { readonly model: Model }): Model => ({
  ...model,
  graph: {
    ...model.graph,
    initializers: new Map(
      [...model.graph.initializers].map(([name, one]) => {
        if (one.dtype !== 'float32' || one.dims.length < 2) return [name, one];
        const values = toFloat32('float32', readTensorSync(one)).map((value, i) => (i % 7 === 0 ? 1.5 * value : value));
        return [name, tensor('float32', one.dims, values)];
      }),
    ),
  },
});

promises([student], { more: [encoderSample] });
promises([recover], {
  more: [encoderSample],
  rich: [],
  original: whole,
  // One that learns from calibration data, one from examples.
  twice: ({ name }) => name === 'transformer block' || name === encoderSample.name,
});
