import { expect, test } from 'vitest';
import { encode } from '../../model/onnx/index.ts';
import { seeded } from '../../statistics/index.ts';
import { filled, samples } from './models.ts';

test('weights follow from the seed', async () => {
  const text = 'x: float32[2]; w = float32[2] {...}; y = Add(x, w)';
  expect(await encode(filled(text, 1))).toEqual(await encode(filled(text, 1)));
  expect(await encode(filled(text, 1))).not.toEqual(await encode(filled(text, 2)));
});

test.each(samples)('$name feeds exactly the inputs that have no weight', ({ model, feeds }) => {
  const needed = model.graph.inputs.map((one) => one.name).filter((name) => !model.graph.initializers.has(name));
  expect(Object.keys(feeds(seeded(1, 'feeds'))).toSorted()).toEqual(needed.toSorted());
});
