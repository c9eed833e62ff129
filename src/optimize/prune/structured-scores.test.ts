import { expect, test } from 'vitest';
import { tensor } from '../../model/tensor/index.ts';
import { viewOf } from '../anatomy/walk.ts';
import { context, model } from '../testing/quantized.ts';
import { bestOf, scoresOf } from './structured-scores.ts';
import { targetsOf } from './structured-targets.ts';

const weights = {
  w: tensor('float32', [2, 3], Float32Array.of(1, 0, 2, 0, 3, 1)),
  v: tensor('float32', [3, 2], Float32Array.of(3, 4, 1, 0, 0, 2)),
};
const subject = model(
  'x: float32[N, 2]; w = float32[2, 3] {...}; v = float32[3, 2] {...}; h = MatMul(x, w); r = Relu(h); y = MatMul(r, v)',
  weights,
);
const scores = async (by: 'activation' | 'magnitude' | 'random') => {
  const view = viewOf(subject);
  const world = await context(async function* calibration() {
    yield { x: { dtype: 'float32', dims: [2, 2], data: Float32Array.of(1, 2, -1, 1) } };
  });
  const { found } = targetsOf(view, null, 'neurons', []);
  return [...(await scoresOf(subject, view, null, found, by, world))[0]!];
};

test('‖W_j‖ · E|a_j|, and the size of all weights of a unit', async () => {
  // a = relu([1, 6, 4]), relu([-1, 3, -1]) → means 0.5, 4.5, 2.
  const activation = await scores('activation');
  [0.5 * 5, 4.5 * 1, 2 * 2].forEach((value, i) => expect(activation[i]).toBeCloseTo(value, 5));
  const magnitude = await scores('magnitude');
  [Math.sqrt(1 + 25), Math.sqrt(9 + 1), Math.sqrt(5 + 4)].forEach((value, i) =>
    expect(magnitude[i]).toBeCloseTo(value, 5),
  );
  expect(await scores('random')).toEqual(await scores('random'));
});

test('the best, in their order; of equals the first', () => {
  expect(bestOf(Float64Array.of(1, 3, 2, 3), 2)).toEqual([1, 3]);
  expect(bestOf(Float64Array.of(0, 0, 0), 2)).toEqual([0, 1]);
});
